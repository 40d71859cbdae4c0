import type { Live } from './api/live.ts'

/** A Live whose value its owner replaces. */
export interface Source<T> extends Live<T> {
  set(value: T): void
}

/** Tells listeners together, once for all changes of one turn. */
export function createListeners(): { add(listener: () => void): () => void; tell(): void; readonly size: number } {
  const listeners = new Set<() => void>()
  let isDue = false
  return {
    add(listener) {
      // a listener that is added twice is told twice, and each is removed alone
      const own = () => listener()
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    tell() {
      if (isDue) return
      isDue = true
      queueMicrotask(() => {
        isDue = false
        for (const listener of [...listeners]) listener()
      })
    },
    get size() {
      return listeners.size
    },
  }
}

/** Makes a Live of a first value. A change to an equal value, field by field, is none. */
export function createSource<T>(first: T): Source<T> {
  const listeners = createListeners()
  let value = first
  return {
    getSnapshot: () => value,
    subscribe: listeners.add,
    set(next) {
      if (isShallowEqual(value, next)) return
      value = next
      listeners.tell()
    },
  }
}

/** Tells whether two values are the same, or objects with the same fields. */
export function isShallowEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [one, two] = [Object.entries(a), Object.entries(b)]
  return one.length === two.length && one.every(([name, value]) => Object.is(value, Reflect.get(b, name)))
}

/**
 * Makes a Live that is computed when it is asked for after a `change`.
 *
 * Its lists and maps that have the same elements as before are the same objects as before.
 */
export function createView<T extends object>(
  compute: () => T,
): Live<T> & { change(): void; readonly listenerCount: number } {
  const listeners = createListeners()
  let value: T | null = null
  let isFresh = false
  return {
    getSnapshot() {
      if (value && isFresh) return value
      value = withSameLists(value, compute())
      isFresh = true
      return value
    },
    subscribe: listeners.add,
    change() {
      isFresh = false
      listeners.tell()
    },
    get listenerCount() {
      return listeners.size
    },
  }
}

function withSameLists<T extends object>(before: T | null, next: T): T {
  if (!before) return next
  const kept = Object.entries(next).flatMap(([name, value]) => {
    const old: unknown = Reflect.get(before, name)
    return old !== value && hasSameElements(old, value) ? [[name, old] as const] : []
  })
  return kept.length === 0 ? next : { ...next, ...Object.fromEntries(kept) }
}

function hasSameElements(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, at) => Object.is(value, b[at]))
  return a instanceof Map && b instanceof Map && hasSameElements([...a].flat(), [...b].flat())
}
