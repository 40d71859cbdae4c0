// Traces of OpenTelemetry. A part of config.ts.

import { z } from 'zod'

/** The environment variables of traces. The names are those of OpenTelemetry. */
export const tracingVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    schema: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
    default: '',
    description:
      'The URL of a collector of OpenTelemetry that takes OTLP over HTTP, such as `http://localhost:4318`. Without it no traces are recorded. `OTEL_EXPORTER_OTLP_HEADERS` holds headers for it.',
    isSecret: true,
  },
  OTEL_SERVICE_NAME: {
    schema: z.string().min(1).max(255),
    default: 'kabar',
    description: 'The name of the servers in traces.',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    schema: z.coerce.number().min(0).max(1),
    default: '1',
    description: 'The part of the operations that are traced, from 0 to 1. A client that traces decides for its own.',
  },
} as const

/** Where traces are sent. */
export interface TracingConfig {
  /** Null when they are not recorded. */
  readonly endpoint: string | null
  readonly serviceName: string
  /** From 0 to 1. */
  readonly sampledPart: number
}

type Values = { [K in keyof typeof tracingVariables]: z.output<(typeof tracingVariables)[K]['schema']> }

/** Reads the settings of traces. */
export function readTracingConfig(values: Values): TracingConfig {
  return {
    endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    serviceName: values.OTEL_SERVICE_NAME,
    sampledPart: values.OTEL_TRACES_SAMPLER_ARG,
  }
}

/** Limits of traces. */
export const tracingLimits = {
  /** Senders that the span of a batch links to. */
  linksMax: 64,
  /** Time for one request to the collector, and for the last spans when the server stops. */
  exportMs: 2_000,
  /** Spans that wait to be sent; further ones are dropped. */
  queuedMax: 4_096,
} as const
