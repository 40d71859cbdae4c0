import { newUuid } from '../../database/uuid.ts'
import { type AppError, badInput } from '../../errors.ts'
import type { Cursor } from '../cursor.ts'
import type { Renderer } from '../hub/group.ts'
import type { Hub, Subscription } from '../hub/hub.ts'
import { controlAt, type Interest, type Sink } from '../hub/subscriber.ts'
import type { TopicState } from '../topics.ts'
import { isEvent, isHint, type StreamItem } from './stream-item.ts'
import { createStreamItemQueue } from './stream-item-queue.ts'

/** What a subscription field asks of the feed. */
export interface StreamRequest {
  readonly topicId: string
  /** Where to go on; null for from now on. */
  readonly after: Cursor | null
  /**
   * Judges whether the viewer may listen, and says where the topic stands, in one statement.
   *
   * It runs after the place at the topic is held, so that nothing falls between the two.
   */
  open(): Promise<{ state: TopicState; interest: Interest }>
  /** Called when the stream begins; what it gives is called when the stream has ended. */
  attend(): () => void
  /** Calls back when the viewer's session ends; the returned function stops that. For streams without a socket. */
  onSessionEnd(callback: (error: AppError) => void): () => void
  /** Forgets what was read for the event before. For streams that execute each event in one context. */
  forget(): void
}

/**
 * A stream that may begin: what a subscription field's `subscribe` returns.
 *
 * A transport that fans out starts it with its renderer and sink; all others iterate over the signals.
 */
export interface FeedStream extends AsyncIterable<StreamItem | AppError> {
  start<Frame>(renderer: Renderer<Frame>, sink: Sink<Frame>): Subscription
  /** Whether the stream speaks of a signal at all. */
  selects(signal: StreamItem): boolean
  /**
   * Judges a signal once more, after whoever iterates has executed it: an execution shows rows as they are at that moment.
   *
   * @returns the signal when what came of it may be shown; otherwise what is to be executed in its place, or null.
   */
  inView(signal: StreamItem): Promise<StreamItem | null>
  /** Gives up a stream that was never started. */
  release(): void
}

/** Whether a source stream is one of the feed, which can be fanned out. */
export function isFeedStream(stream: unknown): stream is FeedStream {
  return typeof stream === 'object' && stream !== null && 'start' in stream && 'release' in stream
}

/**
 * Opens a stream on a topic.
 *
 * @throws AppError BAD_USER_INPUT when the cursor belongs to another feed, and whatever `open` throws.
 */
export async function openStream(hub: Hub, request: StreamRequest): Promise<FeedStream> {
  const { topicId, after } = request
  if (after && after.topicId !== topicId) {
    throw badInput('after', 'is a cursor of another feed. Use the eventCursor of this one.')
  }
  const hold = hub.hold(topicId)
  try {
    const { state, interest } = await request.open()
    const broken = after && reasonToResync(after, state)
    const seq = after && !broken ? after.seq : state.head

    const start = <Frame>(renderer: Renderer<Frame>, sink: Sink<Frame>): Subscription =>
      hold.begin({ state, seq, broken, interest: { ...interest, onEnd: request.attend() }, renderer, sink })
    return {
      start,
      selects: interest.selects,
      inView: createView(interest),
      release: hold.release,
      [Symbol.asyncIterator]() {
        const queue = createStreamItemQueue(() => {
          subscription.cancel()
          stopWatching()
        })
        const subscription = start(streamItemRenderer(interest), queue.sink)
        const stopWatching = request.onSessionEnd((error) => queue.sink.finish(error))
        return {
          ...queue.iterator,
          next() {
            request.forget()
            return queue.iterator.next()
          },
          [Symbol.asyncIterator]() {
            return this
          },
        }
      },
    }
  } catch (error) {
    hold.release()
    throw error
  }
}

/**
 * Makes the judge of what an iterated stream shows.
 *
 * From a refusal on only the numbers are told that lead to the event which ends the stream, as by sockets.
 */
function createView(interest: Interest): FeedStream['inView'] {
  let maySee = true
  return async (signal) => {
    if (maySee && interest.maySeeNow) maySee = await interest.maySeeNow()
    if (maySee) return signal
    if (isHint(signal)) return null
    if (!isEvent(signal) || interest.endsWith(signal)) return signal
    const hidden = controlAt(signal, 'HIDDEN', signal.at)
    return interest.selects(hidden) ? hidden : null
  }
}

/** Why a cursor cannot be continued from; null when it can. */
function reasonToResync(after: Cursor, state: TopicState): string | null {
  if (after.epoch !== state.epoch) return 'The cursor is of another database.'
  if (after.seq > state.head) return 'The cursor is ahead of the feed: it is of another database.'
  if (after.seq < state.floor) return 'The cursor is too old: the feed no longer goes back to it.'
  return null
}

/** Passes signals on as they are: whoever iterates executes for itself. */
function streamItemRenderer(interest: Interest): Renderer<StreamItem> {
  return {
    // shared with no other stream
    key: `signals ${newUuid()}`,
    render: async (items) =>
      items.map((signal) => ({
        frame: interest.selects(signal) ? signal : null,
        askedViewer: false,
        // whoever iterates executes with a viewer
        shownUserIds: nobody,
      })),
  }
}

const nobody: ReadonlySet<string> = new Set()
