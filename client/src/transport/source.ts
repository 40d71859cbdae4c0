import type { KabarError } from '../errors.ts'

/** A subscription to send. `variables.after` is read anew at each attempt. */
export interface StreamPayload {
  readonly query: string
  readonly variables: Record<string, unknown>
}

/** The receiver of a stream. */
export interface StreamSink {
  /** An execution result, with errors perhaps. */
  next(answer: unknown): void
  /** It cannot go on. Errors of GraphQL come as an array. */
  error(thrown: unknown): void
  /** The server has completed it. */
  complete(): void
}

/** Where streams come from: a socket, event streams, or another tab. */
export interface StreamSource {
  subscribe(payload: StreamPayload, sink: StreamSink): () => void
  /** Tries at once instead of waiting, and looks whether what seems open still is. */
  hurry(): void
  close(): void
}

/** How a source is connected. */
export interface SourceState {
  readonly phase: 'idle' | 'connecting' | 'open' | 'waiting'
  readonly error: KabarError | null
  readonly retryAt: number | null
}

/** A source that has nothing to do. */
export const idleSource: SourceState = { phase: 'idle', error: null, retryAt: null }
