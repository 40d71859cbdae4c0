import type { TraceSpan, Tracing } from '../../tracing/tracing.ts'
import type { HubTopic } from './hub-topic.ts'

/** The spans of one delivery, each below the one before: reading, executing, delivering. */
export interface DeliveryTrace {
  /** Ends the running span and starts the next. The numbers are those of the ended one. */
  next(name: 'execute' | 'deliver', ended: Readonly<Record<string, number>>): void
  /** Ends the last span; with a reason when it has failed. */
  end(ended: Readonly<Record<string, number>>, failure?: string): void
}

/** Starts the trace of a delivery, after the ring that caused it; null when that is not traced. */
export function traceDelivery(tracing: Tracing | null, topic: HubTopic): DeliveryTrace | null {
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
