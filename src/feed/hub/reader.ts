import type { Page, PageRequest } from '../events.ts'

interface Waiting {
  readonly request: PageRequest
  readonly page: PromiseWithResolvers<Page | null>
}

/**
 * Creates a reader that reads many topics in one statement.
 *
 * Requests during a read share the next one.
 * Equal waiting requests are merged. Different cursors of one topic are read one after the other.
 *
 * @param topicsMax topics in one statement.
 */
export function createReader(
  readAfter: (requests: readonly PageRequest[]) => Promise<ReadonlyMap<string, Page>>,
  topicsMax: number,
): (request: PageRequest) => Promise<Page | null> {
  const waits = new Map<string, Waiting>()
  let running = false

  async function runAll(): Promise<void> {
    while (waits.size > 0) {
      const batch = distinct(waits.values(), topicsMax)
      for (const { request } of batch) waits.delete(keyOf(request))
      try {
        const pages = await readAfter(batch.map((waiting) => waiting.request))
        for (const { request, page } of batch) page.resolve(pages.get(request.topicId) ?? null)
      } catch (error) {
        for (const { page } of batch) page.reject(error)
      }
    }
    running = false
  }

  return (request) => {
    const asked = waits.get(keyOf(request))
    if (asked) return asked.page.promise
    const waiting = { request, page: Promise.withResolvers<Page | null>() }
    waits.set(keyOf(request), waiting)
    if (!running) {
      running = true
      // requests of the same tick go together
      queueMicrotask(() => void runAll())
    }
    return waiting.page.promise
  }
}

const keyOf = ({ topicId, after }: PageRequest) => `${topicId} ${after}`

/** Takes the first requests for different topics: a statement answers one cursor of each. */
function distinct(waits: Iterable<Waiting>, max: number): Waiting[] {
  const batch = new Map<string, Waiting>()
  for (const waiting of waits) {
    const { topicId } = waiting.request
    if (!batch.has(topicId)) batch.set(topicId, waiting)
    if (batch.size === max) break
  }
  return [...batch.values()]
}
