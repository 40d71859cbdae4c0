import { AppError } from '../errors.ts'
import type { Group } from './hub/group.ts'
import { controlAt, type Subscriber } from './hub/subscriber.ts'

/**
 * Makes the last words of a stream whose client must read anew.
 *
 * Said as ResyncRequired where the stream has words for it, and as a RESYNC_REQUIRED error otherwise.
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
