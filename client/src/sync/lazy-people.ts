import type { ViewerData } from '../store/viewer-data.ts'
import { createBackoff } from '../transport/retry.ts'
import type { SyncParts } from './parts.ts'
import type { PeopleReader } from './people-reader.ts'

/** Makes a reader of people whose code is loaded when somebody looks at them first. */
export function createLazyPeople(parts: SyncParts, of: { data: ViewerData; changed(): void }): PeopleReader {
  const backoff = createBackoff()
  let reader: PeopleReader | null = null

  async function load(): Promise<void> {
    try {
      const { createPeopleReader } = await import('./people-reader.ts')
      reader ??= createPeopleReader(parts, of)
      reader.dirty(true)
    } catch {
      await backoff.wait()
      void load()
    }
  }

  return {
    dirty(reads = false) {
      if (reader) reader.dirty(reads)
      else if (reads) void load()
    },
  }
}
