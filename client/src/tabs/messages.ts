import type { KeptError } from '../outbox/records.ts'
import type { SourceState, StreamPayload } from '../transport/source.ts'

/** Messages between the tabs of one account. */
export type TabMessage =
  /** A follower asks the leader for a stream, or does not want it any more. */
  | { readonly kind: 'subscribe'; readonly from: string; readonly id: string; readonly payload: StreamPayload }
  | { readonly kind: 'stop'; readonly from: string; readonly id: string }
  /** The leader passes on what a stream tells. */
  | { readonly kind: 'next'; readonly to: string; readonly id: string; readonly data: Record<string, unknown> }
  | { readonly kind: 'error'; readonly to: string; readonly id: string; readonly error: KeptError }
  | { readonly kind: 'complete'; readonly to: string; readonly id: string }
  /** The leader lives, and how its connection is. `isNew`: all streams are to be asked for again. */
  | {
      readonly kind: 'beat'
      readonly isNew: boolean
      readonly phase: SourceState['phase']
      readonly error: KeptError | null
    }
  /** A follower wants a beat, or another attempt. */
  | { readonly kind: 'hurry' }
