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

/** Keeps a session in localStorage for all tabs; in memory where there is none. */
export function localSession(key = 'kabar.session'): SessionStorage {
  const memory = memorySession()
  const storage = () => {
    try {
      return globalThis.localStorage ?? null
    } catch {
      return null // blocked by the settings of the browser
    }
  }
  return {
    load() {
      try {
        return storage()?.getItem(key) ?? memory.load()
      } catch {
        return memory.load()
      }
    },
    save(text) {
      // kept here too, in case the browser does not
      void memory.save(text)
      try {
        if (text === null) storage()?.removeItem(key)
        else storage()?.setItem(key, text)
      } catch {
        // full or forbidden: the session lasts as long as the page
      }
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
