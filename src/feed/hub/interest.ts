import type { AppError } from '../../errors.ts'
import type { EventKind } from '../../generated/prisma/client.ts'
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
  /** Tells whether the stream sends anything for a stream item. */
  selects(item: StreamItem): boolean
  /** Tells whether the stream ends for this viewer after the event. */
  readonly endsWith: (event: EndingEvent) => boolean
  /**
   * Reads from the database whether the viewer may still see the topic.
   *
   * Data read before a positive answer may be shown. Null when the topic is the viewer's own.
   */
  readonly maySeeNow: (() => Promise<boolean>) | null
}

/** The part of a subscriber that an execution depends on. */
export type Onlooker = Pick<Interest, 'viewerId' | 'hiddenActorIds' | 'historyFrom' | 'hides'>

/**
 * Kinds that show text of their actor: a viewer who blocked the actor sees only a number.
 *
 * Reactions and deletions are not among them: they also change messages of others.
 */
const authoredKinds = new Set(['MESSAGE_SENT', 'MESSAGE_EDITED'])

/** Tells whether the viewer must not see the subject of the event. The rule is in messages/hidden-content/. */
export function isHidden(interest: Interest, event: FeedEvent): boolean {
  return event.actorId !== null && interest.hiddenActorIds.has(event.actorId) && authoredKinds.has(event.kind)
}

const endingKinds = [
  'MEMBER_LEFT',
  'MEMBER_REMOVED',
  'MEMBER_BANNED',
  'MEMBER_DELETED',
  'ROOM_DELETED',
  'SESSION_ENDED',
] as const
const endingKindSet: ReadonlySet<EventKind> = new Set(endingKinds)

/** An event of a kind that ends the streams of those whom it concerns. */
export type EndingEvent = FeedEvent & { readonly kind: (typeof endingKinds)[number] }

/** Tells whether the event may end a stream: only then is the stream asked. */
export function mayEnd(event: FeedEvent): event is EndingEvent {
  return endingKindSet.has(event.kind)
}

/** Tells whether one of the events takes away the right to see the topic. */
export function isSentOff({ maySeeNow, endsWith }: Interest, events: readonly EndingEvent[]): boolean {
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
