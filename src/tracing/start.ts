import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { type TracingConfig, tracingLimits } from '../config/tracing.ts'
import { createTracing, type Tracing } from './tracing.ts'

/**
 * Starts to send traces to the collector of the settings; null without one.
 *
 * The SDK is imported only here, so that servers without traces do not load it. A collector that is away costs spans,
 * and nothing else.
 */
export async function startTracing({ endpoint, ...config }: TracingConfig, log: Logger): Promise<Tracing | null> {
  if (endpoint === null) return null
  const { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } = await import('@opentelemetry/sdk-trace')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const { resourceFromAttributes } = await import('@opentelemetry/resources')
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: tracingLimits.exportMs,
  })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': config.serviceName }),
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: tracingLimits.queuedMax })],
  })
  const close = async () => {
    const sent = provider.shutdown().catch((error: unknown) => {
      log.warn({ err: error }, 'the last traces could not be sent')
    })
    // a collector that is away does not hold up the stop
    await Promise.race([sent, wait(tracingLimits.exportMs, undefined, { ref: false })])
  }
  return createTracing({ tracer: provider.getTracer('kabar'), sampledPart: config.sampledPart, close })
}
