import type { Ring } from '../events.ts'
import type { NewHint } from '../hints/hint-queue.ts'

/** What a doorbell tells. */
export interface NotifierHandlers {
  /** A topic has moved, here or on another server. It may come twice, late, or out of order. */
  onRing(rings: readonly Ring[]): void
  /** Rings may have been missed: look at every topic. Called after every connect and, when polling, all the time. */
  onGap(): void
  /** Hints of another server. Any of them may be missing. */
  onHint(hints: readonly NewHint[]): void
}

/**
 * Carries rings between servers. It may lose them: that costs latency, never an event.
 *
 * It never carries content, so that nothing can be lost, leaked or reordered by it.
 */
export interface Notifier {
  /** Starts to listen. Resolves when rings are heard, or when it is known that they cannot be. */
  listen(handlers: NotifierHandlers): Promise<void>
  /** Tells all servers, without waiting. */
  ring(rings: readonly Ring[]): void
  /** Tells all other servers, without waiting and after the rings. Where rings do not arrive, hints do not either. */
  hint(hints: readonly NewHint[]): void
  /** How rings come: `listening`, `polling` where PostgreSQL's do not arrive, or `away` while the connection is lost. */
  state(): 'listening' | 'polling' | 'away'
  close(): Promise<void>
}
