import type { FeedEvent } from './events.ts'

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

/** What a subscription is executed on: an event or a word about the stream. */
export type Signal = FeedEvent | Control

/** Whether a signal is a word about the stream. */
export function isControl(signal: Signal): signal is Control {
  return signal.kind === 'SYNCED' || signal.kind === 'HIDDEN' || signal.kind === 'RESYNC_REQUIRED'
}
