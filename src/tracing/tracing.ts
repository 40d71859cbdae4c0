// Spans of OpenTelemetry, for one trace from a mutation on one server to the sockets of another.

import {
  type Attributes,
  type Link,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'

/** A span that runs. */
export interface TraceSpan {
  /** Its place, as a W3C `traceparent`, to continue the trace elsewhere; null when the trace is not recorded. */
  readonly traceparent: string | null
  rename(name: string): void
  set(attributes: Attributes): void
  /** Ends it; with a reason when it has failed. */
  end(failure?: string | null): void
}

/** The beginning of a span. */
export interface SpanStart {
  readonly name: string
  readonly kind?: 'server' | 'producer' | 'consumer' | 'internal'
  /** The `traceparent` of the span that it belongs to. It may come from a client. */
  readonly parent?: string | null
  /** Further spans that it was done for. */
  readonly links?: readonly string[]
  readonly attributes?: Attributes
}

/** Starts spans. It is null where no traces are recorded, so that they cost nothing. */
export interface Tracing {
  start(start: SpanStart): TraceSpan
  /** Sends what was recorded. */
  close(): Promise<void>
}

const kinds = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
} as const

/** The parts of the tracing of one server. */
export interface TracingParts {
  /** A tracer that records all spans. */
  readonly tracer: Tracer
  /** The part of the traces that is recorded, from 0 to 1. A trace that began elsewhere is recorded if it is there. */
  readonly sampledPart: number
  close(): Promise<void>
}

const unrecorded: TraceSpan = { traceparent: null, rename() {}, set() {}, end() {} }

/**
 * Creates the tracing of one server on a tracer.
 *
 * Which traces are recorded is decided here: the sampler of the SDK makes the ids of every trace first, which costs more
 * than the traces that are recorded.
 */
export function createTracing({ tracer, sampledPart, close }: TracingParts): Tracing {
  return {
    start({ name, kind = 'internal', parent, links = [], attributes = {} }) {
      const known = parent ? parseTraceparent(parent) : null
      const isRecorded = known ? known.traceFlags === TraceFlags.SAMPLED : Math.random() < sampledPart
      if (!isRecorded) return unrecorded
      const context = known ? trace.setSpanContext(ROOT_CONTEXT, known) : ROOT_CONTEXT
      const linked = links.flatMap((link): Link[] => {
        const of = parseTraceparent(link)
        return of ? [{ context: of }] : []
      })
      const span = tracer.startSpan(name, { kind: kinds[kind], links: linked, attributes }, context)
      return {
        traceparent: formatTraceparent(span.spanContext()),
        rename: (better) => void span.updateName(better),
        set: (more) => void span.setAttributes(more),
        end(failure = null) {
          if (failure !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: failure })
          span.end()
        },
      }
    },
    close,
  }
}

const format = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** Reads a `traceparent` (W3C Trace Context, 3.2); null when it is not one. */
export function parseTraceparent(text: string): SpanContext | null {
  const [, traceId = '', spanId = '', flags = ''] = format.exec(text) ?? []
  if (!/[1-9a-f]/.test(traceId) || !/[1-9a-f]/.test(spanId)) return null
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true }
}

function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}
