import { newUuid } from '../../database/uuid.ts'
import { type AppError, badInput } from '../../errors.ts'
import type { Position } from '../chain.ts'
import { type GivenCursor, headOf } from '../cursor.ts'
import type { Renderer } from '../hub/group.ts'
import type { Hub, Subscription } from '../hub/hub.ts'
import { controlAt, type Interest, mayEnd, type Sink } from '../hub/interest.ts'
import { reasonToResync } from '../resync.ts'
import type { TopicState } from '../topics.ts'
import { isEvent, isHint, type StreamItem } from './stream-item.ts'
import { createStreamItemQueue } from './stream-item-queue.ts'

/** The request of a subscription field to the feed. */
export interface StreamRequest {
  readonly topicId: string
  /** The cursor to continue from; null starts now. */
  readonly after: GivenCursor | null
  /**
   * Checks whether the viewer may subscribe, and reads the head of the topic, in one statement.
   *
   * It runs after the topic is held, so that no event is missed in between.
   */
  open(): Promise<{ state: TopicState; interest: Interest }>
  /** Called when the stream starts. Returns a function that is called when it has ended. */
  attend(): () => void
  /** Calls back when the viewer's session ends. Returns a function that stops it. For streams without a socket. */
  onSessionEnd(callback: (error: AppError) => void): () => void
  /** Clears the data read for the previous event. For streams that execute all events in one context. */
  forget(): void
}

/**
 * A stream that is ready to start. A subscription field's `subscribe` returns it.
 *
 * A transport with fan-out starts it with its renderer and sink; others iterate over the stream items.
 */
export interface FeedStream extends AsyncIterable<StreamItem | AppError> {
  start<Frame>(renderer: Renderer<Frame>, sink: Sink<Frame>): Subscription
  /** Tells whether the stream sends anything for a stream item. */
  selects(item: StreamItem): boolean
  /**
   * Checks a stream item again after its execution, because an execution shows the rows of that moment.
   *
   * @returns the stream item when its result may be shown; otherwise the item to execute instead, or null.
   */
  inView(signal: StreamItem): Promise<StreamItem | null>
  /** Releases a stream that was never started. */
  release(): void
}

/** Tells whether a source stream is a stream of the feed, which can be fanned out. */
export function isFeedStream(stream: unknown): stream is FeedStream {
  return typeof stream === 'object' && stream !== null && 'start' in stream && 'release' in stream
}

/**
 * Opens a stream on a topic.
 *
 * @throws AppError BAD_USER_INPUT when the cursor belongs to another feed, and the errors of `open`.
 */
export async function openStream(hub: Hub, request: StreamRequest): Promise<FeedStream> {
  const { topicId, after } = request
  if (after && after.topicId !== topicId) {
    throw badInput('after', 'is a cursor of another feed. Use the eventCursor of this one.')
  }
  const hold = hub.hold(topicId)
  try {
    const { state, interest } = await request.open()
    const { broken, position } = findStart(after, state)

    const start = <Frame>(renderer: Renderer<Frame>, sink: Sink<Frame>): Subscription =>
      hold.begin({
        ...{ state, position, broken, isResuming: after !== null, renderer, sink },
        interest: { ...interest, onEnd: request.attend() },
      })
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
 * Creates the access check of an iterated stream.
 *
 * After a refusal only numbers are sent, up to the event that ends the stream, as on sockets.
 */
function createView(interest: Interest): FeedStream['inView'] {
  let maySee = true
  return async (signal) => {
    if (maySee && interest.maySeeNow) maySee = await interest.maySeeNow()
    if (maySee) return signal
    if (isHint(signal)) return null
    if (!isEvent(signal) || (mayEnd(signal) && interest.endsWith(signal))) return signal
    const hidden = controlAt(signal, 'HIDDEN', signal.at)
    return interest.selects(hidden) ? hidden : null
  }
}

/** Finds where a stream starts: after the cursor, or at the head without one or when it must resync. */
function findStart(after: GivenCursor | null, state: TopicState): { broken: string | null; position: Position } {
  if (!after) return { broken: null, position: headOf(state) }
  const { seq, chain } = after
  if (chain === null) return { broken: 'The cursor is of an earlier version of Kabar.', position: headOf(state) }
  const broken = reasonToResync({ seq, chain }, state)
  return { broken, position: broken === null ? { seq, chain } : headOf(state) }
}

/** Passes stream items through: the iterating transport executes them. */
function streamItemRenderer(interest: Interest): Renderer<StreamItem> {
  return {
    // shared with no other stream
    key: `signals ${newUuid()}`,
    render: async (items) =>
      items.map((signal) => ({
        frame: interest.selects(signal) ? signal : null,
        askedViewer: false,
        // the iterating transport executes with a viewer
        shownUserIds: nobody,
      })),
  }
}

const nobody: ReadonlySet<string> = new Set()
