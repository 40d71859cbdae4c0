import { feedLimits } from '../../config/feed.ts'
import { type AppError, invariant } from '../../errors.ts'
import type { FeedEvent } from '../events.ts'
import type { Control, ControlKind, HintKind, StreamItem } from '../streams/stream-item.ts'

/** Where a subscriber's frames go: a socket, or the buffer of an iterator. */
export interface Sink<Frame> {
  /** Hands over frames, all in one write. */
  deliver(frames: readonly Frame[]): void
  /** About what a frame holds. */
  sizeOf(frame: Frame): number
  /** Bytes that have been handed over and not been taken yet. */
  bufferedBytes(): number
  /** Resolves when all that was handed over has been taken, or the sink is gone. */
  drained(): Promise<void>
  /** The stream is over; nothing follows. With an error it says why. */
  finish(error: AppError | null): void
  /** The reader takes nothing: give the connection up, with a code on which clients come back. */
  abandon(): void
}

/** What one stream wants of its topic. */
export interface Interest {
  readonly viewerId: string
  /** Authors whose messages this viewer must not see. */
  readonly hiddenActorIds: ReadonlySet<string>
  /** Resolves when a change of the two sets has been read; null when none is being read. */
  settling(): Promise<void> | null
  /** Users who have blocked this viewer or are blocked by them: neither is told what the other does at the moment. */
  readonly shunnedUserIds: ReadonlySet<string>
  /** The kinds of hints that it wants. */
  readonly hintKinds: ReadonlySet<HintKind>
  /** Whether the stream speaks of a signal at all. */
  selects(item: StreamItem): boolean
  /** Whether the stream is over for this viewer once the event is delivered. */
  endsWith(event: FeedEvent): boolean
  /**
   * Asks the database whether the viewer may still see what the topic holds.
   *
   * What was read before it is asked may be shown when it says so. Null where the topic is the viewer's own.
   */
  readonly maySeeNow: (() => Promise<boolean>) | null
}

/** A cursor on the feed of one topic, with the place where its frames go. */
export interface Subscriber<Frame> extends Interest {
  readonly sink: Sink<Frame>
  /** Called once when the stream has ended. */
  onEnd(): void
  readonly topicId: string
  readonly epoch: number
  /** The number of the last event that was delivered, hidden, or not selected. */
  seq: number
  /** The newest number when the stream began: before it, the stream is not in step. */
  readonly headAtStart: number
  state: 'catching up' | 'live' | 'ended'
  /** Whether it is told SYNCED when it has caught up: at first, and after its sink was full. */
  greets: boolean
  /** Why its place cannot be continued from; null when it can. */
  broken: string | null
  /** The events of its next page while it is behind. */
  pageMax: number
  /** Whether the viewer may see what the topic holds. Once they may not, they are led to the event that ends the stream. */
  maySee: boolean
}

/** Makes a subscriber that has begun to catch up. */
export function createSubscriber<Frame>({
  interest,
  ...rest
}: Pick<Subscriber<Frame>, 'sink' | 'topicId' | 'epoch' | 'seq' | 'headAtStart' | 'broken'> & {
  interest: Interest & Pick<Subscriber<Frame>, 'onEnd'>
}): Subscriber<Frame> {
  // spelled out: what is put together of other objects takes twice the memory, and there are thousands
  return {
    viewerId: interest.viewerId,
    hiddenActorIds: interest.hiddenActorIds,
    shunnedUserIds: interest.shunnedUserIds,
    settling: interest.settling,
    hintKinds: interest.hintKinds,
    selects: interest.selects,
    endsWith: interest.endsWith,
    maySeeNow: interest.maySeeNow,
    onEnd: interest.onEnd,
    sink: rest.sink,
    topicId: rest.topicId,
    epoch: rest.epoch,
    seq: rest.seq,
    headAtStart: rest.headAtStart,
    state: 'catching up',
    greets: true,
    broken: rest.broken,
    pageMax: feedLimits.firstPageEvents,
    maySee: true,
  }
}

/**
 * Kinds that tell of words of their actor: a viewer who blocked the actor sees a number and nothing else.
 *
 * A reaction or a deletion changes what others have said, too, and must be seen where that is seen.
 */
const authoredKinds = new Set(['MESSAGE_SENT', 'MESSAGE_EDITED'])

/** Whether the viewer must not see what the event speaks of. */
export function isHidden(interest: Interest, event: FeedEvent): boolean {
  return event.actorId !== null && interest.hiddenActorIds.has(event.actorId) && authoredKinds.has(event.kind)
}

/** Whether one of the events takes away the right to see what the topic holds. */
export function isSentOff({ maySeeNow, endsWith }: Interest, events: readonly FeedEvent[]): boolean {
  return maySeeNow !== null && events.some(endsWith)
}

/** Makes a control event at the subscriber's place. */
export function controlAt(
  cursor: { topicId: string; epoch: number; seq: number },
  kind: ControlKind,
  at: Date,
  reason: string | null = null,
): Control {
  return { kind, topicId: cursor.topicId, epoch: cursor.epoch, seq: cursor.seq, at, reason }
}

/**
 * Takes the frames of a page in order, up to the event that ends the stream.
 *
 * @param frames one for each event; null where the stream says nothing about it.
 * @returns whether the stream is over.
 */
export function take<Frame>(
  subscriber: Subscriber<Frame>,
  events: readonly FeedEvent[],
  frames: readonly (Frame | null)[],
): boolean {
  if (frames.length !== events.length) invariant(false, `${frames.length} frames for ${events.length} events`)
  let from = 0
  while ((events[from]?.seq ?? Number.POSITIVE_INFINITY) <= subscriber.seq) from++
  let to = from
  let over = false
  // this runs for every delivery: it makes nothing where all are handed the same
  for (let event = events[to]; event && !over; event = events[to]) {
    if (event.seq !== subscriber.seq + 1) invariant(false, `${event.seq} follows ${subscriber.seq} in ${event.topicId}`)
    subscriber.seq = event.seq
    over = subscriber.endsWith(event)
    to++
  }
  const taken = from === 0 && to === frames.length ? frames : frames.slice(from, to)
  const said = hasNoGap(taken) ? taken : taken.filter((frame) => frame !== null)
  if (said.length > 0) subscriber.sink.deliver(said)
  return over
}

/** Whether the stream says something about every event. */
function hasNoGap<Frame>(frames: readonly (Frame | null)[]): frames is readonly Frame[] {
  return !frames.includes(null)
}
