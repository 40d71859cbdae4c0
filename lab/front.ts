import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { explainListen } from '../src/http/listen-errors.ts'
import { type ControlParts, controlPath, createControl } from './control.ts'
import { createSides } from './sides.ts'

/** Stands before the server of the lab: everything of the page goes through it. */
export interface Front {
  /** Where the page is, such as `http://localhost:4001/lab`. */
  readonly url: string
  close(): Promise<void>
}

/** How a front is opened. */
export interface FrontOptions {
  /** The port to listen on, at this machine alone; 0 picks a free one. */
  readonly port: number
  /** The server that it stands before. */
  readonly server: ControlParts['server'] & { readonly url: string }
}

/**
 * Opens a front on the loopback address.
 *
 * @throws StartError when the port is in use or not permitted.
 */
export async function openFront({ port, server }: FrontOptions): Promise<Front> {
  const http = createServer()
  const sides = createSides(http, Number(new URL(server.url).port))
  const hosts = new Set<string | undefined>()
  const control = createControl({ sides, server, isOwnHost: (host) => hosts.has(host) })
  http.on('request', (request, response) => {
    if (request.url?.split('?')[0] !== controlPath) sides.forward(request, response)
    else control(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error) => reject(explainListen(error, { host: '127.0.0.1', port, names: ['HOST', 'PORT'] })))
    http.listen(port, '127.0.0.1', resolve)
  })
  const { port: own } = http.address() as AddressInfo
  for (const name of ['localhost', '127.0.0.1']) hosts.add(`${name}:${own}`)
  return {
    url: `http://localhost:${own}/lab`,
    async close() {
      const closed = once(http, 'close')
      http.close()
      sides.close()
      http.closeAllConnections()
      await closed
    },
  }
}
