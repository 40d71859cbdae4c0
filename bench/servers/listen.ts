import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** Makes an HTTP server listen on a free port of this machine. */
export async function listen(handler: Handler): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => void handler(request, response))
  return { server, url: await listenOn(server) }
}

/** Makes a server listen on a free port of this machine and gives its URL. */
export async function listenOn(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
