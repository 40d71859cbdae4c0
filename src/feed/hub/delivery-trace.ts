import type { TraceSpan, Tracing } from '../../tracing/tracing.ts'
import type { HubTopic } from './state.ts'

/** The spans of one delivery: reading, then executing, then delivering. */
export interface DeliveryTrace {
  /** Ends the running span and starts the next. The numbers are those of the ended one. */
  next(name: 'execute' | 'deliver', ended: Readonly<Record<string, number>>): void
  /** Ends the last span; with a reason when it has failed. */
  end(ended: Readonly<Record<string, number>>, failure?: string): void
}

/** Reads and delivers in the trace of the ring that caused it, if it is traced. */
export async function traceDelivery(
  tracing: Tracing | null,
  topic: HubTopic,
  work: (traced: DeliveryTrace | null) => Promise<void>,
): Promise<void> {
  const traced = startTrace(tracing, topic)
  try {
    await work(traced)
    traced?.end({})
  } catch (error) {
    traced?.end({}, 'failed')
    throw error
  }
}

function startTrace(tracing: Tracing | null, topic: HubTopic): DeliveryTrace | null {
  const { trace } = topic
  topic.trace = null
  if (!tracing || trace === null) return null
  let span: TraceSpan | null = tracing.start({ name: 'read', kind: 'consumer', parent: trace })
  const close = (ended: Readonly<Record<string, number>>, failure: string | null) => {
    span?.set(Object.fromEntries(Object.entries(ended).map(([key, value]) => [`kabar.${key}`, value])))
    span?.end(failure)
  }
  return {
    next(name, ended) {
      close(ended, null)
      span = tracing.start({ name, parent: span?.traceparent ?? trace })
    },
    end(ended, failure) {
      close(ended, failure ?? null)
      span = null
    },
  }
}
