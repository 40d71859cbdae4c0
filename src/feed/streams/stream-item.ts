import type { FeedEvent } from '../events.ts'

/** The kinds of control messages, which stand between the events of a feed. */
export const controlKinds = ['SYNCED', 'HIDDEN', 'RESYNC_REQUIRED'] as const

/** A kind of control message. */
export type ControlKind = (typeof controlKinds)[number]

/** A control message. It takes no number. */
export interface Control {
  readonly kind: ControlKind
  readonly topicId: string
  /** The cursor of the subscriber, from which it may resume. */
  readonly seq: number
  readonly chain: string
  readonly at: Date
  /** The reason for a resync, in a sentence. */
  readonly reason: string | null
}

/** The kinds of hints: best effort, outside the feed. */
export const hintKinds = [
  'TYPING_CHANGED',
  'PRESENCE_CHANGED',
  'RECEIPT_ADVANCED',
  'ROOM_ADVANCED',
  'USER_UPDATED',
] as const

/** A kind of hint that clients may receive. */
export type HintKind = (typeof hintKinds)[number]

/** Hints about private data: subscribers who hide theirs do not get them. */
export const privateHints: Partial<Record<HintKind, string>> = {
  PRESENCE_CHANGED: 'presence',
  RECEIPT_ADVANCED: 'receipts',
}

/** A kind of hint between servers only: a user was active. */
export type ServerHintKind = 'USER_ACTIVE'

/** The content of a hint, before it has a cursor. */
export interface HintContent {
  readonly topicId: string
  readonly kind: HintKind
  /** The id of the user or room that it is about. */
  readonly subject: string
  /** The users who caused it. A subscriber who shuns all of them does not receive it; an empty list leaves nobody out. */
  readonly actorIds: readonly string[]
  /** The users that it lists, without those whom the subscriber shuns. */
  readonly userIds: readonly string[]
  /** Hints of one batch are executed with the same loaders, so that their reads are batched. */
  readonly batch?: object
}

/** A hint with the cursor of its receivers, from which they may resume. It takes no number. */
export interface Hint extends HintContent {
  readonly batch: object
  readonly seq: number
  readonly chain: string
  readonly at: Date
}

/** The root value of a subscription: an event, a control message or a hint. */
export type StreamItem = FeedEvent | Control | Hint

const controls: ReadonlySet<string> = new Set(controlKinds)
const hints: ReadonlySet<string> = new Set(hintKinds)

/** Tells whether an item is an event of the feed, with a number. */
export function isEvent(item: StreamItem): item is FeedEvent {
  return !controls.has(item.kind) && !hints.has(item.kind)
}

/** Tells whether an item is a hint. */
export function isHint(item: StreamItem): item is Hint {
  return hints.has(item.kind)
}
