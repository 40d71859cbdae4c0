import type { Page, PageRequest } from './events.ts'

interface Waiting {
  request: PageRequest
  resolve(page: Page | null): void
  reject(error: unknown): void
}

/**
 * Makes a reader that asks for many topics in one statement: what is asked while a read is on its way goes into the next.
 *
 * @param topicsMax topics in one statement.
 */
export function createReader(
  readAfter: (requests: readonly PageRequest[]) => Promise<ReadonlyMap<string, Page>>,
  topicsMax: number,
): (request: PageRequest) => Promise<Page | null> {
  let queue: Waiting[] = []
  let running = false

  async function runAll(): Promise<void> {
    running = true
    while (queue.length > 0) {
      const { batch, rest } = distinct(queue, topicsMax)
      queue = rest
      try {
        const pages = await readAfter(batch.map((waiting) => waiting.request))
        for (const waiting of batch) waiting.resolve(pages.get(waiting.request.topicId) ?? null)
      } catch (error) {
        for (const waiting of batch) waiting.reject(error)
      }
    }
    running = false
  }

  return (request) =>
    new Promise((resolve, reject) => {
      queue.push({ request, resolve, reject })
      // requests of the same tick go together
      if (!running) {
        running = true
        queueMicrotask(() => void runAll())
      }
    })
}

/** Takes requests for different topics: a statement answers one place of each. */
function distinct(queue: readonly Waiting[], max: number): { batch: Waiting[]; rest: Waiting[] } {
  const batch: Waiting[] = []
  const rest: Waiting[] = []
  const topicIds = new Set<string>()
  for (const waiting of queue) {
    const taken = batch.length >= max || topicIds.has(waiting.request.topicId)
    if (taken) rest.push(waiting)
    else batch.push(waiting)
    topicIds.add(waiting.request.topicId)
  }
  return { batch, rest }
}
