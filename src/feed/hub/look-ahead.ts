import type { FeedEvent, Page, PageRequest } from '../events.ts'
import type { HubTopic } from './hub-topic.ts'

/** Reads a topic page by page, and one ahead: see `createLookAhead`. */
export interface LookAhead {
  /** Takes the page that has been read already, or reads one. */
  nextPage(topic: HubTopic): Page | null | Promise<Page | null>
  /** Gives what is known to come after the events of a page that has been executed. */
  lookAhead(topic: HubTopic, events: readonly FeedEvent[]): Promise<readonly FeedEvent[]>
}

/**
 * Makes the reader of the hub.
 *
 * What the frames of a page show may be later than the page. Where the topic was rung while it was executed, the next page is
 * read before the frames go out, so that who was removed meanwhile is known by it. It costs no read: it is the next page.
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
      topic.rung = false
      topic.doubted = false
      return read({ topicId: topic.id, after: topic.seq })
    },
    async lookAhead(topic, events) {
      if (!topic.rung) return []
      topic.rung = false
      try {
        const ahead = await read({ topicId: topic.id, after: events.at(-1)?.seq ?? topic.seq })
        if (!ahead || ahead.events.length === 0) return []
        topic.ahead = ahead
        topic.wanted = Math.max(topic.wanted, ahead.head)
        return ahead.events
      } catch (error) {
        onError(error)
        topic.rung = true
        return []
      }
    },
  }
}
