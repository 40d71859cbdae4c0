import { setTimeout as wait } from 'node:timers/promises'
import type { Dialect } from './dialects.ts'
import type { RawSocket } from './socket.ts'

/** The subscribers of one room at one server, and somebody who publishes to them. */
export interface Audience {
  /** Publishes messages at once; resolves when every subscriber has all of them. */
  publish(body: string, count: number): Promise<void>
  readonly size: number
  end(): void
}

/** The subscribers and the rooms that they follow. */
export interface AudienceOptions {
  readonly url: string
  /** The server that is published to; absent for the same. */
  readonly publishUrl?: string
  readonly dialect: Dialect
  readonly roomId: string
  /** One for each subscriber. */
  readonly tokens: readonly string[]
}

const openedAtOnce = 50
const patienceMs = 20_000
const probeMs = 100

/** Opens an audience: resolves when every subscriber has received a message. */
export async function openAudience(options: AudienceOptions): Promise<Audience> {
  const { url, publishUrl = url, dialect, roomId, tokens } = options
  const sockets: RawSocket[] = []
  for (let start = 0; start < tokens.length; start += openedAtOnce) {
    const opened = tokens.slice(start, start + openedAtOnce).map((token) => dialect.subscribe({ url, roomId, token }))
    sockets.push(...(await Promise.all(opened)))
  }
  const publisher = await dialect.connect({ url: publishUrl, token: tokens[0] ?? '' })
  publisher.onText = refuseErrors
  await untilAllHear(sockets, () => publisher.send(...dialect.publish({ roomId, body: 'Is anybody there?', count: 1 })))

  let missing = 0
  let complete = () => {}
  for (const socket of sockets) {
    socket.onText = () => {
      missing -= 1
      if (missing === 0) complete()
    }
    socket.onClosed = () => {
      throw new Error('the server closed the socket of a subscriber')
    }
  }

  return {
    size: sockets.length,
    publish(body, count) {
      missing = sockets.length * count
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${missing} deliveries did not come`)), patienceMs)
        complete = () => {
          clearTimeout(timer)
          resolve()
        }
        publisher.send(...dialect.publish({ roomId, body, count }))
      })
    },
    end() {
      for (const socket of sockets) {
        socket.onClosed = () => {}
        socket.end()
      }
      publisher.end()
    },
  }
}

/** Publishes until every socket has heard something, then waits until what is still on its way has come. */
async function untilAllHear(sockets: readonly RawSocket[], publish: () => void): Promise<void> {
  const silent = new Set(sockets)
  let heard = 0
  for (const socket of sockets) {
    socket.onText = (payload) => {
      refuseErrors(payload)
      heard += 1
      silent.delete(socket)
    }
  }
  for (const deadline = performance.now() + patienceMs; silent.size > 0; ) {
    if (performance.now() > deadline) throw new Error(`${silent.size} of ${sockets.length} subscribers hear nothing`)
    publish()
    await wait(probeMs)
  }
  for (let before = -1; before !== heard; ) {
    before = heard
    await wait(2 * probeMs)
  }
}

/** Fails when a server answers an error: then it is no message that is counted. */
function refuseErrors(payload: Buffer): void {
  if (payload.includes('"errors"') || payload.includes('"type":"error"')) throw new Error(String(payload))
}
