import type { Kabar } from '../api/kabar.ts'
import { type KabarAnswer, KabarError } from '../errors.ts'

/** An operation of a GraphQL client. */
export interface Forwarded {
  readonly kind: string
  readonly text: string
  readonly variables: Record<string, unknown>
}

/** The receiver of results for a GraphQL client, in the shape of GraphQL. */
export interface ForwardSink {
  next(result: KabarAnswer): void
  error(error: KabarError): void
  complete(): void
}

/** The codes of what never reached the server: for a GraphQL client these are errors of the network. */
const ofNetwork: ReadonlySet<string> = new Set(['NETWORK', 'NOT_KABAR', 'CANCELLED'])

/** Runs an operation over the session and the socket of a client. Returns how to stop it. */
export function forward(kabar: Kabar, { kind, text, variables }: Forwarded, sink: ForwardSink): () => void {
  if (kind === 'subscription') {
    return kabar.subscribe<Record<string, unknown>, Record<string, unknown>>(text, variables, {
      next: (data) => sink.next({ data }),
      error: (error) => fail(error, sink),
      complete: () => sink.complete(),
    })
  }
  const controller = new AbortController()
  void run(kabar, { text, variables }, { sink, controller })
  return () => controller.abort()
}

async function run(
  kabar: Kabar,
  { text, variables }: Omit<Forwarded, 'kind'>,
  { sink, controller }: { sink: ForwardSink; controller: AbortController },
): Promise<void> {
  try {
    const data = await kabar.query(text, variables, { signal: controller.signal })
    if (controller.signal.aborted) return
    sink.next({ data })
    sink.complete()
  } catch (error) {
    if (!controller.signal.aborted && error instanceof KabarError) fail(error, sink)
  }
}

function fail(error: KabarError, sink: ForwardSink): void {
  if (ofNetwork.has(error.code)) {
    sink.error(error)
    return
  }
  const { message, code, retryAfterMs, fields, requestId, answer } = error
  // fields that have not failed keep their values
  const own = { errors: [{ message, extensions: { code, retryAfterMs, fields, requestId } }] }
  sink.next(answer?.data ? answer : own)
  sink.complete()
}
