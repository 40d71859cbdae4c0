import { createClient } from 'graphql-ws'
import { bounds } from '../config.ts'
import { KabarError } from '../errors.ts'
import { notKabar, toKabarError, unreachable } from './answers.ts'
import { createBackoff } from './retry.ts'
import type { SourceState, StreamSource } from './source.ts'

/** The parts of the client that a socket uses. */
export interface SocketParts {
  readonly url: string
  readonly WebSocket?: unknown
  accessToken(options: { fresh: boolean }): Promise<string | null>
  report(state: SourceState): void
}

/** Close codes of a server that does not speak our protocol: sockets are of no use there. */
const strangerCodes: ReadonlySet<number> = new Set([4400, 4404, 4406, 4500, 1002, 1003, 1007, 1008, 1010])
const refusedCode = 4403

/** A source of streams over one WebSocket. */
export interface SocketSource extends StreamSource {
  /** Attempts that failed before any has succeeded. */
  readonly failedFirsts: number
}

/** Makes a source over one WebSocket, which is open while something is subscribed. */
export function createSocketSource({ url, WebSocket, accessToken, report }: SocketParts): SocketSource {
  let isRefused = false
  let wasOpen = false
  let isConnected = false
  let failedFirsts = 0
  let heardAt = Date.now()
  let error: KabarError | null = null
  let pongTimer: ReturnType<typeof setTimeout> | undefined
  const tell = (phase: SourceState['phase']) => report({ phase, error, retryAt: backoff.until })
  const backoff = createBackoff(() => {
    if (backoff.until !== null) tell('waiting')
  })

  function ended(event: unknown): void {
    isConnected = false
    clearTimeout(pongTimer)
    const { code = 0, wasClean = false } = event as { code?: number; wasClean?: boolean }
    if (code === 1000 && wasClean) {
      tell('idle')
      return
    }
    if (!wasOpen) failedFirsts += 1
    isRefused ||= code === refusedCode
    error = strangerCodes.has(code) ? notKabar(url, `it closed the socket with ${code}`) : errorOf(event, url)
    tell('waiting')
  }

  const client = createClient({
    url,
    ...(WebSocket !== undefined && { webSocketImpl: WebSocket }),
    async connectionParams() {
      const token = await accessToken({ fresh: isRefused })
      isRefused = false
      return token ? { authorization: `Bearer ${token}` } : {}
    },
    on: {
      connecting: () => tell('connecting'),
      connected() {
        wasOpen = true
        isConnected = true
        failedFirsts = 0
        error = null
        heardAt = Date.now()
        backoff.reset()
        tell('open')
      },
      message() {
        heardAt = Date.now()
        clearTimeout(pongTimer)
      },
      ping(isReceived) {
        if (isReceived) return
        pongTimer = setTimeout(() => client.terminate(), bounds.pongMs)
      },
      error: (thrown) => {
        if (!isConnected) error = toKabarError(thrown, url)
      },
      closed: ended,
    },
    keepAlive: bounds.pingMs,
    connectionAckWaitTimeout: bounds.requestMs,
    lazyCloseTimeout: bounds.socketIdleMs,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => true,
    retryWait: () => backoff.wait(),
  })

  return {
    subscribe: (payload, sink) => client.subscribe(payload, sink),
    hurry() {
      backoff.hurry()
      // a machine that slept has a socket that only seems open
      if (isConnected && Date.now() - heardAt > bounds.pingMs + bounds.pongMs) client.terminate()
    },
    close() {
      clearTimeout(pongTimer)
      backoff.hurry()
      // a connection that was about to open may fail meanwhile
      Promise.resolve(client.dispose()).catch(() => {})
    },
    get failedFirsts() {
      return failedFirsts
    },
  }
}

function errorOf(event: unknown, url: string): KabarError {
  const { code = 0 } = event as { code?: number }
  if (code === refusedCode)
    return new KabarError('UNAUTHENTICATED', 'The access token has run out: a fresh one is got.')
  return unreachable(url, event)
}
