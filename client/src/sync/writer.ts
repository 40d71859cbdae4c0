import type { PersistedTables, TableChange } from '../persistence/persistence.ts'

/** Writes what has changed, some time after it has, together. */
export interface Writer {
  /** Something is to be written. */
  due(): void
  /** Writes at once. */
  flush(): Promise<void>
  close(): void
}

const waitMs = 400

/** Makes a writer. Changes are collected when they are written. */
export function createWriter(
  tables: PersistedTables | null,
  { collect, failed }: { collect(): readonly TableChange[]; failed(error: unknown): void },
): Writer {
  let timer: ReturnType<typeof setTimeout> | undefined
  let writing = Promise.resolve()

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const changes = tables ? collect() : []
    if (changes.length > 0) writing = writing.then(() => tables?.write(changes)).catch(failed)
    return writing
  }

  return {
    due() {
      if (tables) timer ??= setTimeout(() => void flush(), waitMs)
    },
    flush,
    close() {
      clearTimeout(timer)
    },
  }
}
