import type { FeedEvent, Page, PageRequest } from '../events.ts'
import type { HubTopic } from './state.ts'

/** Reads a topic page by page, one page ahead: see `createLookAhead`. */
export interface LookAhead {
  /** Returns the page that was read ahead, or reads one. */
  nextPage(topic: HubTopic): Page | null | Promise<Page | null>
  /** Returns the events known to follow an executed page. */
  lookAhead(topic: HubTopic, events: readonly FeedEvent[]): Promise<readonly FeedEvent[]>
}

/**
 * Creates the reader of pages, which reads one page ahead when needed.
 *
 * Frames may show rows later than their page. When a later event was rung during the execution, the next page is read before
 * the frames are sent, so that removals in the meantime are known. It costs no extra read: it is the next page.
 */
export function createLookAhead({
  read,
  onError,
}: {
  read(request: PageRequest): Promise<Page | null>
  onError(error: unknown): void
}): LookAhead {
  return {
    nextPage(topic) {
      const { ahead } = topic
      topic.ahead = null
      if (ahead && !topic.doubted) return ahead
      topic.rung = -1
      topic.doubted = false
      return read({ topicId: topic.id, after: topic.seq })
    },
    async lookAhead(topic, events) {
      const after = events.at(-1)?.seq ?? topic.seq
      const { rung } = topic
      // the same number is rung by this server, and again by PostgreSQL or the bus
      if (rung <= after) return []
      topic.rung = -1
      try {
        const ahead = await read({ topicId: topic.id, after })
        if (!ahead || ahead.events.length === 0) return []
        topic.ahead = ahead
        topic.wanted = Math.max(topic.wanted, ahead.head)
        return ahead.events
      } catch (error) {
        onError(error)
        topic.rung = Math.max(topic.rung, rung)
        return []
      }
    },
  }
}
