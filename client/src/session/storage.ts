import type { SessionStorage } from '../api/session.ts'
import { KabarError } from '../errors.ts'

/** Keeps a session in memory: it ends with the page. */
export function memorySession(): SessionStorage {
  let kept: string | null = null
  return {
    load: () => kept,
    save: (text) => {
      kept = text
    },
  }
}

/** Keeps a session in localStorage for all tabs; in memory where there is none. Throws where the browser forbids it. */
export function localSession(key = 'kabar.session'): SessionStorage {
  const memory = memorySession()
  const storage = () => globalThis.localStorage ?? null
  return {
    load: () => (storage() ? storage().getItem(key) : memory.load()),
    save(text) {
      if (!storage()) return memory.save(text)
      if (text === null) storage().removeItem(key)
      else storage().setItem(key, text)
    },
    watch(changed) {
      const listener = (event: StorageEvent) => {
        if (event.key === key || event.key === null) changed()
      }
      globalThis.addEventListener?.('storage', listener)
      return () => globalThis.removeEventListener?.('storage', listener)
    },
  }
}

/** Guards a storage that may throw. Then the session is kept in memory, and the first error is told. */
export function guardedSession(storage: SessionStorage, onError: (error: KabarError) => void): SessionStorage {
  const memory = memorySession()
  let isTold = false
  let isHeld = false

  function failed(cause: unknown): void {
    if (isTold) return
    isTold = true
    onError(new KabarError('STORAGE', 'The session is not kept: it ends with this page.', { cause }))
  }

  return {
    async load() {
      if (isHeld) return memory.load()
      try {
        return await storage.load()
      } catch (error) {
        failed(error)
        return memory.load()
      }
    },
    async save(text) {
      void memory.save(text)
      try {
        await storage.save(text)
        isHeld = false
      } catch (error) {
        isHeld = true
        failed(error)
      }
    },
    watch: (changed) => storage.watch?.(changed) ?? (() => {}),
  }
}
