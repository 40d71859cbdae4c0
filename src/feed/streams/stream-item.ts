import type { FeedEvent } from '../events.ts'

/** What a stream says about itself, between the events of the feed. */
export type ControlKind = 'SYNCED' | 'HIDDEN' | 'RESYNC_REQUIRED'

/** A control event: it takes no number of its own. */
export interface Control {
  readonly kind: ControlKind
  readonly topicId: string
  readonly epoch: number
  /** The place of the subscriber: where it may resume. */
  readonly seq: number
  readonly at: Date
  /** Why a resync is needed, in a sentence. */
  readonly reason: string | null
}

/** What is told outside the feed, and may be lost. */
export const hintKinds = [
  'TYPING_CHANGED',
  'PRESENCE_CHANGED',
  'RECEIPT_ADVANCED',
  'ROOM_ADVANCED',
  'USER_UPDATED',
] as const

/** One of what is told outside the feed. */
export type HintKind = (typeof hintKinds)[number]

/** What servers tell each other alone: that a user has done something. */
export type ServerHintKind = 'USER_ACTIVE'

/** What a hint speaks of, before it has a place. */
export interface HintContent {
  readonly topicId: string
  readonly kind: HintKind
  /** The id of the user or room that the kind speaks of. */
  readonly subject: string
  /** Whose doing it is. Who shuns all of them is not told; nobody is left out when there are none. */
  readonly actorIds: readonly string[]
  /** The users that it lists, without those whom its reader shuns. */
  readonly userIds: readonly string[]
  /** Hints of the same batch are executed with the same loaders: what they ask for is read together. */
  readonly batch?: object
}

/** A hint at the place of those who get it: they may resume there. It takes no number. */
export interface Hint extends HintContent {
  readonly batch: object
  readonly epoch: number
  readonly seq: number
  readonly at: Date
}

/** What a subscription is executed on: an event, a word about the stream, a hint. */
export type StreamItem = FeedEvent | Control | Hint

const controls: ReadonlySet<string> = new Set<ControlKind>(['SYNCED', 'HIDDEN', 'RESYNC_REQUIRED'])
const hints: ReadonlySet<string> = new Set(hintKinds)

/** Whether a signal is an event of the feed, with a number of its own. */
export function isEvent(item: StreamItem): item is FeedEvent {
  return !controls.has(item.kind) && !hints.has(item.kind)
}

/** Whether a signal is a hint. */
export function isHint(item: StreamItem): item is Hint {
  return hints.has(item.kind)
}
