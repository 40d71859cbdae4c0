import { AppError } from '../errors.ts'
import type { Signal } from './signal.ts'
import { controlAt, type Interest, type Sink } from './subscriber.ts'

/** A stream that must end because its place cannot be continued from. */
export interface Broken<Frame> extends Interest {
  readonly topicId: string
  readonly epoch: number
  readonly seq: number
  readonly sink: Sink<Frame>
}

/**
 * Ends a stream by saying that the client must read anew: never a silent hole.
 *
 * Said as ResyncRequired where the stream has words for it, and as a RESYNC_REQUIRED error otherwise.
 */
export async function endWithResync<Frame>(
  stream: Broken<Frame>,
  render: (viewerId: string, signals: readonly Signal[]) => Promise<readonly (Frame | null)[]>,
  at: Date,
  reason: string,
): Promise<void> {
  const control = controlAt(stream, 'RESYNC_REQUIRED', at, reason)
  const frames = stream.selects(control) ? await render(stream.viewerId, [control]).catch(() => []) : []
  const said = frames.filter((frame) => frame !== null)
  if (said.length > 0) stream.sink.deliver(said)
  stream.sink.finish(said.length > 0 ? null : new AppError('RESYNC_REQUIRED', reason))
}
