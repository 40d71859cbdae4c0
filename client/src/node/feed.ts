import type { Kabar } from '../api/kabar.ts'
import type { KabarError } from '../errors.ts'
import { roomEventsSubscription } from '../operations/room.ts'
import { viewerEventsSubscription } from '../operations/viewer.ts'
import type { RoomEvent } from '../store/room-events.ts'
import type { ViewerEvent } from '../store/viewer-events.ts'

/** Where to begin, and when to stop. */
export interface FeedOptions {
  /** The cursor of the last event that was dealt with. From now on when not given. */
  readonly after?: string | null | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Follows a room, event by event, each once and in order.
 *
 * Cuts and restarts of the server are not noticed.
 *
 * Keep `event.cursor` when you have dealt with an event, and begin `after` it the next time. It ends when the bot is out of
 * the room, and after `ResyncRequired`: then read the room, and begin after its `eventCursor`.
 */
export function roomFeed(kabar: Kabar, roomId: string, options: FeedOptions = {}): AsyncGenerator<RoomEvent, void> {
  const { after = null } = options
  return iterate(kabar, roomEventsSubscription, { roomId, after }, options) as AsyncGenerator<RoomEvent, void>
}

/** Follows what concerns the bot itself: rooms, mentions, and so on. */
export function viewerFeed(kabar: Kabar, options: FeedOptions = {}): AsyncGenerator<ViewerEvent, void> {
  const { after = null } = options
  return iterate(kabar, viewerEventsSubscription, { after }, options) as AsyncGenerator<ViewerEvent, void>
}

/** Yields the items of a stream. The server closes a stream whose reader is slow for long; no item is lost. */
async function* iterate(
  kabar: Kabar,
  query: string,
  variables: Record<string, unknown>,
  { signal }: FeedOptions,
): AsyncGenerator<unknown, void> {
  const events: unknown[] = []
  const faults: KabarError[] = []
  let isOver = false
  let wake: () => void = () => {}
  const end = (error: KabarError | null) => {
    if (error) faults.push(error)
    isOver = true
    wake()
  }
  const stop = kabar.subscribe<Record<string, unknown>, Record<string, unknown>>(query, variables, {
    next(data) {
      events.push(Object.values(data)[0])
      wake()
    },
    error: end,
    complete: () => end(null),
  })
  const abort = () => end(null)
  signal?.addEventListener('abort', abort)
  try {
    for (;;) {
      for (const event of events.splice(0)) yield event
      if (events.length > 0) continue
      const [fault] = faults
      if (fault) throw fault
      if (isOver || signal?.aborted) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    stop()
  }
}
