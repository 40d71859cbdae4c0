import type { KabarError } from '../errors.ts'
import type { Backoff } from '../transport/retry.ts'

/** Begins a stream again that has ended. The first time at once, then later and later, until it has caught up. */
export interface Again {
  /** Tells whether it may go on after an error, when its state is read anew. */
  helps(fault: KabarError): boolean
  /** Waits until the next beginning. */
  wait(): Promise<void>
  /** It has caught up. */
  synced(): void
}

/** Makes the pace of a stream that begins again. */
export function createAgain(backoff: Backoff): Again {
  let isRepeated = false
  return {
    // a cursor that the server cannot go on from; one that it has just given is not what is wrong
    helps: ({ code }) => code === 'RESYNC_REQUIRED' || (code === 'BAD_USER_INPUT' && !isRepeated),
    async wait() {
      if (isRepeated) await backoff.wait()
      isRepeated = true
    },
    synced() {
      isRepeated = false
      backoff.reset()
    },
  }
}
