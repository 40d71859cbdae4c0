import { feedLimits } from '../../config/feed.ts'
import { type AppError, invariant } from '../../errors.ts'
import type { Cursor } from '../cursor.ts'
import type { FeedEvent } from '../events.ts'
import type { Control, ControlKind, HintKind, StreamItem } from '../streams/stream-item.ts'

/** Where a subscriber's frames go: a socket, or the buffer of an iterator. */
export interface Sink<Frame> {
  /** Sends frames in one write. */
  deliver(frames: readonly Frame[]): void
  /** The approximate bytes of a frame. */
  sizeOf(frame: Frame): number
  /** Unsent bytes: written, but not taken yet. */
  bufferedBytes(): number
  /** Resolves when all frames were taken, or the sink is closed. */
  drained(): Promise<void>
  /** Ends the stream, with an error as the reason if there is one. */
  finish(error: AppError | null): void
  /** Drops the connection of a client that takes nothing, with a code after which clients reconnect. */
  abandon(): void
}

/** The selection of one stream on its topic. */
export interface Interest {
  readonly viewerId: string
  /** Authors whose messages this viewer must not see. */
  readonly hiddenActorIds: ReadonlySet<string>
  /** Messages up to this number are from before the viewer's history begins. Default: 0. */
  readonly historyFrom?: number | undefined
  /** Resolves when a pending change of these sets was read; null when none is pending. */
  settling(): Promise<void> | null
  /** Users who have blocked this viewer or are blocked by them: neither gets hints about the other. */
  readonly shunnedUserIds: ReadonlySet<string>
  /** Data that this viewer hides of themselves, and so is not shown of others. */
  readonly hides: ReadonlySet<string>
  /** The kinds of hints that it selects. */
  readonly hintKinds: ReadonlySet<HintKind>
  /** Whether the stream sends anything for a stream item. */
  selects(item: StreamItem): boolean
  /** Whether the stream ends for this viewer after the event. */
  endsWith(event: FeedEvent): boolean
  /**
   * Reads from the database whether the viewer may still see the topic.
   *
   * Data read before a positive answer may be shown. Null when the topic is the viewer's own.
   */
  readonly maySeeNow: (() => Promise<boolean>) | null
}

/** A cursor in the feed of one topic, with a sink for its frames. */
export interface Subscriber<Frame> extends Interest {
  readonly sink: Sink<Frame>
  /** Called once when the stream has ended. */
  onEnd(): void
  readonly topicId: string
  /** The number of the last event that was delivered, hidden, or not selected. */
  seq: number
  /** Its chain. */
  chain: string
  /** The head when the stream started: before it, the stream is not synced. Lower when the feed was put back since. */
  headAtStart: number
  state: 'catching up' | 'live' | 'ended'
  /** Whether it gets SYNCED when it has caught up: at first, and after its sink was full. */
  greets: boolean
  /** Why it cannot continue from its cursor; null when it can. */
  broken: string | null
  /** Whether it began at a cursor of the client and is not live yet. */
  isResuming: boolean
  /** The size of its next page while it is behind. */
  pageMax: number
  /** Whether the viewer may see the topic. If not, only numbers follow, up to the event that ends the stream. */
  maySee: boolean
}

/** Creates a subscriber that starts to catch up. */
export function createSubscriber<Frame>({
  interest,
  ...rest
}: Pick<Subscriber<Frame>, 'sink' | 'topicId' | 'seq' | 'chain' | 'headAtStart' | 'broken' | 'isResuming'> & {
  interest: Interest & Pick<Subscriber<Frame>, 'onEnd'>
}): Subscriber<Frame> {
  // property by property: a spread object takes twice the memory, and there are thousands
  return {
    viewerId: interest.viewerId,
    hiddenActorIds: interest.hiddenActorIds,
    historyFrom: interest.historyFrom,
    shunnedUserIds: interest.shunnedUserIds,
    hides: interest.hides,
    settling: interest.settling,
    hintKinds: interest.hintKinds,
    selects: interest.selects,
    endsWith: interest.endsWith,
    maySeeNow: interest.maySeeNow,
    onEnd: interest.onEnd,
    sink: rest.sink,
    topicId: rest.topicId,
    seq: rest.seq,
    chain: rest.chain,
    headAtStart: rest.headAtStart,
    state: 'catching up',
    greets: true,
    broken: rest.broken,
    isResuming: rest.isResuming,
    pageMax: feedLimits.firstPageEvents,
    maySee: true,
  }
}

/**
 * Kinds that show text of their actor: a viewer who blocked the actor sees only a number.
 *
 * Reactions and deletions are not among them: they also change messages of others.
 */
const authoredKinds = new Set(['MESSAGE_SENT', 'MESSAGE_EDITED'])

/** Whether the viewer must not see the subject of the event. */
export function isHidden(interest: Interest, event: FeedEvent): boolean {
  return event.actorId !== null && interest.hiddenActorIds.has(event.actorId) && authoredKinds.has(event.kind)
}

/** Whether one of the events takes away the right to see the topic. */
export function isSentOff({ maySeeNow, endsWith }: Interest, events: readonly FeedEvent[]): boolean {
  return maySeeNow !== null && events.some(endsWith)
}

/** Creates a control message at the subscriber's cursor. */
export function controlAt(
  { topicId, seq, chain }: Cursor,
  kind: ControlKind,
  at: Date,
  reason: string | null = null,
): Control {
  return { kind, topicId, seq, chain, at, reason }
}

/**
 * Delivers the frames of a page in order, up to the event that ends the stream.
 *
 * @param frames one for each event; null when the stream sends nothing for it.
 * @returns whether the stream has ended.
 */
export function take<Frame>(
  subscriber: Subscriber<Frame>,
  events: readonly FeedEvent[],
  frames: readonly (Frame | null)[],
): boolean {
  if (frames.length !== events.length) invariant(false, `${frames.length} frames for ${events.length} events`)
  let taken = 0
  let over = false
  // runs for every delivery: allocates nothing when all get the same frames
  for (let event = events[0]; event && !over; event = events[taken]) {
    if (event.seq !== subscriber.seq + 1) invariant(false, `${event.seq} follows ${subscriber.seq} in ${event.topicId}`)
    subscriber.seq = event.seq
    subscriber.chain = event.chain
    over = subscriber.endsWith(event)
    taken++
  }
  const ours = taken === frames.length ? frames : frames.slice(0, taken)
  const said = hasNoGap(ours) ? ours : ours.filter((frame) => frame !== null)
  if (said.length > 0) subscriber.sink.deliver(said)
  return over
}

/** Whether the stream sends something for every event. */
function hasNoGap<Frame>(frames: readonly (Frame | null)[]): frames is readonly Frame[] {
  return !frames.includes(null)
}
