import { AppError } from '../errors.ts'
import type { Group } from './hub/group.ts'
import { controlAt, type Subscriber } from './hub/subscriber.ts'

/** The reasons why a client must resync, as sentences for it. */
export const resyncReasons = {
  otherDatabase: 'The cursor is of another database.',
  ahead: 'The cursor is ahead of the feed: it is of another database.',
  tooOld: 'The cursor is too old: the feed no longer goes back to it.',
  trimmed: 'The feed no longer goes back to the cursor.',
  replaced: 'The feed was replaced by another one.',
} as const

const agedReasons: ReadonlySet<string> = new Set([resyncReasons.tooOld, resyncReasons.trimmed])

/** The result of a resume that ended with a reason, as the metrics count it. */
export function resyncResult(reason: string): 'too_old' | 'diverged' {
  return agedReasons.has(reason) ? 'too_old' : 'diverged'
}

/**
 * Makes the last frames of a stream whose client must resync.
 *
 * Sends ResyncRequired where the event type has it, and a RESYNC_REQUIRED error otherwise.
 */
export async function resyncFrames<Frame>(
  subscriber: Subscriber<Frame>,
  group: Group<Frame>,
  { at, reason }: { at: Date; reason: string },
): Promise<{ said: readonly Frame[]; error: AppError | null }> {
  const control = controlAt(subscriber, 'RESYNC_REQUIRED', at, reason)
  const selects = subscriber.selects(control)
  const frames = selects ? await group.renderFor(subscriber, [control]).catch(() => []) : []
  const said = frames.filter((frame) => frame !== null)
  return { said, error: said.length > 0 ? null : new AppError('RESYNC_REQUIRED', reason) }
}
