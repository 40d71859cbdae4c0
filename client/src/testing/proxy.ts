import { connect, createServer, type Socket } from 'node:net'

/** Stands before a server, so that what goes to it can be cut. */
export interface Proxy {
  readonly port: number
  /** Cuts all connections. */
  cut(): void
  /** Refuses new connections and cuts those that are open, until `open`. */
  close(): void
  open(): void
  end(): Promise<void>
}

/** Starts a proxy to a port of this machine. */
export async function startProxy(to: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let isClosed = false
  const server = createServer((client) => {
    if (isClosed) return void client.destroy()
    const upstream = connect(to, '127.0.0.1')
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.once('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  const port = await portOf(server)
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port,
    cut,
    close() {
      isClosed = true
      cut()
    },
    open() {
      isClosed = false
    },
    end() {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** Finds a port of this machine that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

function portOf(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
}
