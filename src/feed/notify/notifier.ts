import type { Ring } from '../events.ts'
import type { NewHint } from '../hints/hint-queue.ts'

/** The callbacks of a notifier. */
export interface NotifierHandlers {
  /**
   * A topic has moved, on any server. Rings may come twice, late, or out of order.
   *
   * @param committedAt when the oldest of them was committed, by PostgreSQL's clock in ms since 1970; null when unknown.
   */
  onRing(rings: readonly Ring[], committedAt?: number | null): void
  /** Rings may have been missed: check every topic. Called after every connect, and regularly when polling. */
  onGap(): void
  /** Hints of another server. Any of them may get lost. */
  onHint(hints: readonly NewHint[]): void
}

/**
 * Carries rings between servers. A lost ring costs latency, never an event.
 *
 * It carries no content, so it cannot lose, leak or reorder any.
 */
export interface Notifier {
  /** Starts to listen. Resolves when rings arrive, or when it is known that they cannot. */
  listen(handlers: NotifierHandlers): Promise<void>
  /** Rings on all servers, without waiting. */
  ring(rings: readonly Ring[]): void
  /** Sends hints to all other servers, without waiting and after the rings. While polling, hints do not arrive. */
  hint(hints: readonly NewHint[]): void
  /** `listening`; `polling` where notifications of PostgreSQL do not arrive; `away` while the connection is lost. */
  state(): 'listening' | 'polling' | 'away'
  close(): Promise<void>
}
