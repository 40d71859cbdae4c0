// A TCP proxy of our own: it cuts, swallows and delays what passes, as networks do.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** One connection through a proxy. */
export interface ProxiedConnection {
  /** The application name of a client of PostgreSQL; empty for all others. */
  readonly name: string
  /** Ends both sides at once. */
  cut(): void
  /** Drops all bytes of both directions without a word, for good. */
  swallow(): void
}

/** A port that leads to another one. */
export interface TcpProxy {
  readonly port: number
  connections(): readonly ProxiedConnection[]
  /** Leads new connections to another port. */
  lead(port: number): void
  /** Sets the treatment of new connections. */
  treat(how: 'pass' | 'swallow' | 'refuse'): void
  /** Lets all bytes wait for so long. */
  delay(ms: number): void
  close(): Promise<void>
}

/** Opens a proxy on a free port of this machine. */
export async function openProxy(targetPort: number): Promise<TcpProxy> {
  const open = new Set<ProxiedConnection>()
  let target = targetPort
  let treatment: 'pass' | 'swallow' | 'refuse' = 'pass'
  let delayMs = 0
  const server = createServer({ noDelay: true }, accept)

  function accept(client: Socket): void {
    client.on('error', () => {}) // what fails also closes
    if (treatment === 'refuse') {
      client.resetAndDestroy()
      return
    }
    const upstream = connect({ host: '127.0.0.1', port: target, noDelay: true })
    upstream.on('error', () => {})
    let name: string | null = null
    let swallows = treatment === 'swallow'
    const connection: ProxiedConnection = {
      get name() {
        return name ?? ''
      },
      cut() {
        client.resetAndDestroy()
        upstream.resetAndDestroy()
      },
      swallow() {
        swallows = true
        // what is swallowed must go on coming
        client.resume()
        upstream.resume()
      },
    }
    open.add(connection)
    client.on('data', (chunk) => {
      name ??= nameIn(chunk)
      if (!swallows) pass(chunk, client, upstream)
    })
    upstream.on('data', (chunk) => {
      if (!swallows) pass(chunk, upstream, client)
    })
    // a connection that is swallowed does not even say goodbye
    client.on('close', () => (swallows ? upstream.destroy() : upstream.end()))
    upstream.on('close', () => {
      if (!swallows) client.destroySoon()
    })
    client.on('close', () => open.delete(connection))
  }

  function pass(chunk: Buffer, from: Socket, to: Socket): void {
    if (delayMs > 0) setTimeout(() => to.write(chunk), delayMs)
    else if (!to.write(chunk)) {
      from.pause()
      to.once('drain', () => from.resume())
    }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => [...open],
    lead(port) {
      target = port
    },
    treat(how) {
      treatment = how
    },
    delay(ms) {
      delayMs = ms
    },
    async close() {
      for (const connection of open) connection.cut()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The application_name in the first packet of a client of PostgreSQL (protocol 3.0, StartupMessage). */
function nameIn(packet: Buffer): string {
  return /application_name\0([^\0]*)\0/.exec(packet.toString('latin1'))?.[1] ?? ''
}
