import { AppError } from '../errors.ts'
import { findBreak, type Position } from './chain.ts'
import type { FeedEvent } from './events.ts'
import { controlAt } from './hub/interest.ts'
import type { Subscriber } from './hub/state.ts'

const tooOld = 'The cursor is too old: the feed no longer goes back to it.'

/** The result of a resume that ended with a reason, as the metrics count it. */
export function resyncResult(reason: string): 'too_old' | 'diverged' {
  return reason === tooOld ? 'too_old' : 'diverged'
}

/** The state of a feed, and the events after a position if they were read. */
export interface FeedNow {
  readonly head: number
  readonly floor: number
  readonly chain: string
  readonly events?: readonly FeedEvent[]
}

/**
 * Tells why a feed does not continue from a position; null when it does.
 *
 * Without events it compares only what the state of the feed tells.
 */
export function reasonToResync({ seq, chain }: Position, feed: FeedNow | null): string | null {
  if (!feed) return 'The feed no longer exists.'
  const { head, floor, events = [] } = feed
  if (seq > head) return 'The cursor is ahead of the feed, which was put back to an earlier state.'
  if (seq < floor || (seq < head && feed.events?.length === 0)) {
    return tooOld
  }
  const isOther = seq === head ? chain !== feed.chain : findBreak({ seq, chain }, events) !== null
  return isOther
    ? 'The feed does not contain what the cursor has seen: it was put back, or is of another database.'
    : null
}

/**
 * Makes the last frames of a stream whose client must resync.
 *
 * Sends ResyncRequired where the event type has it, and a RESYNC_REQUIRED error otherwise.
 */
export async function resyncFrames<Frame>(
  subscriber: Subscriber<Frame>,
  { at, reason }: { at: Date; reason: string },
): Promise<{ said: readonly Frame[]; error: AppError | null }> {
  const control = controlAt(subscriber, 'RESYNC_REQUIRED', at, reason)
  const selects = subscriber.selects(control)
  const frames = selects ? await subscriber.group.renderFor(subscriber, [control]).catch(() => []) : []
  const said = frames.filter((frame) => frame !== null)
  return { said, error: said.length > 0 ? null : new AppError('RESYNC_REQUIRED', reason) }
}
