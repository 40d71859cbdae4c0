import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MetricsConfig } from '../config/http.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { explainListen } from './listen-errors.ts'
import { pathOf } from './requests.ts'
import { sendJson } from './route.ts'

/** A listener for Prometheus. */
export interface MetricsListener {
  /** Where the metrics are, such as `http://127.0.0.1:9464/metrics`. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves `/metrics` on a separate port.
 *
 * A proxy of the public port then cannot show it.
 *
 * @throws StartError when the port is in use or not permitted.
 */
export async function serveMetrics(
  metrics: Pick<Metrics, 'text' | 'contentType'>,
  { port, host }: MetricsConfig & { port: number },
): Promise<MetricsListener> {
  const server = createServer((request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!isRead || pathOf(request) !== '/metrics') {
      sendJson(response, 404, { error: 'Only GET /metrics is here.' })
      return
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => sendJson(response, 500, { error: 'The metrics could not be read.' }),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(explainListen(error, { host, port, names: ['METRICS_HOST', 'METRICS_PORT'] })),
    )
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
