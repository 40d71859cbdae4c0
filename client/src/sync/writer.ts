import type { PersistedTables, TableChange } from '../persistence/persistence.ts'

/** Writes what has changed, some time after it has, together. */
export interface Writer {
  /** Something is to be written. */
  due(): void
  /** Writes at once. */
  flush(): Promise<unknown>
  close(): void
}

const waitMs = 400

/** Makes a writer. Changes are collected when they are written. */
export function createWriter(
  tables: PersistedTables | null,
  { collect, failed }: { collect(): readonly TableChange[]; failed(error: unknown): void },
): Writer {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isClosed = false
  let writing: Promise<unknown> = Promise.resolve()

  function flush(): Promise<unknown> {
    clearTimeout(timer)
    timer = undefined
    const changes = tables ? collect() : []
    // at once: a page that is left does not live until an earlier write has ended
    if (tables && changes.length > 0) writing = Promise.all([writing, tables.write(changes).catch(failed)])
    return writing
  }

  return {
    due() {
      if (tables && !isClosed) timer ??= setTimeout(() => void flush(), waitMs)
    },
    flush,
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
