// Texts that this browser keeps: in localStorage, or for this page alone where the browser forbids it or is full.

/** Texts that localStorage did not take, and a null for one that it did not remove. */
const unkept = new Map<string, string | null>()

/** Reads a text; null where there is none. */
export function readText(key: string): string | null {
  const held = unkept.get(key)
  if (held !== undefined) return held
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

/** Keeps a text, or removes it where it is null. */
export function keepText(key: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(key)
    else localStorage.setItem(key, text)
    unkept.delete(key)
  } catch {
    unkept.set(key, text)
  }
}

/** Names the texts that are kept and begin with a prefix. */
export function keysFrom(prefix: string): string[] {
  let kept: string[] = []
  try {
    kept = Object.keys(localStorage)
  } catch {
    // nothing was ever kept
  }
  return [...new Set([...kept, ...unkept.keys()])].filter((key) => key.startsWith(prefix))
}
