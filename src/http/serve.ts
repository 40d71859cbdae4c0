import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from '../config.ts'
import { StartError } from '../database/start-error.ts'
import { type Route, sendJson } from './health.ts'
import { pathOf } from './requests.ts'
import { graphqlPath } from './yoga.ts'

/** An HTTP server that listens. */
export interface Listening {
  readonly server: Server
  /** Where it is reached, such as `http://127.0.0.1:4000`. */
  readonly url: string
  close(): Promise<void>
}

/**
 * Serves GraphQL and the small routes beside it.
 *
 * @throws StartError when the port is taken or may not be used.
 */
export async function serveHttp(
  { port, host }: Pick<Config, 'port' | 'host'>,
  {
    graphql,
    routes,
  }: { graphql: (request: IncomingMessage, response: ServerResponse) => void; routes: readonly Route[] },
): Promise<Listening> {
  const streams = new Set<ServerResponse>()
  const server = createServer({ shouldUpgradeCallback: isWebSocketUpgrade }, (request, response) => {
    response.setHeader('x-content-type-options', 'nosniff')
    response.setHeader('vary', 'Origin')
    if (!URL.canParse(`http://${request.headers.host ?? 'localhost'}`)) {
      sendJson(response, 400, { error: 'The Host header is no name of a host.' })
      return
    }
    if (routes.some((route) => route(request, response))) return
    const path = pathOf(request)
    if (request.headers.accept?.includes('text/event-stream')) {
      streams.add(response)
      response.once('close', () => streams.delete(response))
    }
    if (path === graphqlPath) graphql(request, response)
    else if (path === '/') response.writeHead(302, { location: graphqlPath }).end()
    else sendJson(response, 404, { error: `There is nothing here. GraphQL is at ${graphqlPath}.` })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(startError(error, host, port)))
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    server,
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      // cut off rather than completed, so that their readers come back
      for (const stream of streams) if (stream.headersSent) stream.destroy()
      const timer = setTimeout(() => server.closeAllConnections(), closeMs)
      await closed
      clearTimeout(timer)
    },
  }
}

/** Requests that run when the server ends have so long to complete. */
const closeMs = 2_000

/** Java's HTTP client, for one, offers `Upgrade: h2c` with every request: that is to be answered as HTTP/1.1. */
function isWebSocketUpgrade({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

function startError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new StartError(`Port ${port} of ${host} is in use. Stop what listens there, or set PORT to another port.`)
  }
  if (error.code === 'EACCES') {
    return new StartError(`Port ${port} may not be used by this user. Set PORT to one above 1023.`)
  }
  if (error.code === 'EADDRNOTAVAIL') {
    return new StartError(`${host} is not an address of this machine. Set HOST to one that is, or to 0.0.0.0 for all.`)
  }
  return error
}
