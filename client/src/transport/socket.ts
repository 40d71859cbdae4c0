import { createClient } from 'graphql-ws'
import { bounds } from '../config.ts'
import { KabarError } from '../errors.ts'
import { notKabar, toKabarError, unreachable } from './answers.ts'
import { createBackoff, leastWaitMs } from './retry.ts'
import type { SourceState, StreamSource } from './source.ts'

/** The parts of the client that a socket uses. */
export interface SocketParts {
  readonly url: string
  readonly WebSocket?: unknown
  accessToken(options: { fresh: boolean }): Promise<string | null>
  report(state: SourceState): void
}

/** Close codes of a server that does not speak our protocol, or of graphql-ws about one: sockets are of no use there. */
const strangerCodes: ReadonlySet<number> = new Set([4004, 4400, 4404, 4406, 4500, 1002, 1003, 1007, 1008, 1010])
const refusedCode = 4403
const restartCode = 1012
const laterCode = 1013
/** Close codes of Kabar itself: they prove that sockets are not blocked. */
const ownCodes: ReadonlySet<number> = new Set([refusedCode, restartCode, laterCode])

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
  /** Why this client gives up an attempt itself: it got no access token. */
  let givenUp: KabarError | null = null
  let attempts = 0
  let wait: Wait = [0, 0]
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
    if (!wasOpen && !givenUp && !ownCodes.has(code)) failedFirsts += 1
    isRefused ||= code === refusedCode
    error = givenUp ?? errorOf(code, event, url)
    wait = waitAfter(code, error)
    givenUp = null
    tell('waiting')
  }

  /** Gets the access token of an attempt. Where there is none now, the attempt ends with that as its reason. */
  async function tokenOf(attempt: number): Promise<string | null> {
    try {
      const token = await accessToken({ fresh: isRefused })
      isRefused = false
      return token
    } catch (thrown) {
      // thrown on, graphql-ws would close with a code of its own, which comes later and would be taken for the reason
      if (attempt !== attempts) return null
      givenUp = toKabarError(thrown, url)
      client.terminate()
      return null
    }
  }

  const client = createClient({
    url,
    ...(WebSocket !== undefined && { webSocketImpl: WebSocket }),
    async connectionParams() {
      const token = await tokenOf(attempts)
      return token ? { authorization: `Bearer ${token}` } : {}
    },
    on: {
      connecting() {
        attempts += 1
        tell('connecting')
      },
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
    retryWait: () => backoff.wait(...wait),
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

/** Why a socket has ended, by its close code. */
function errorOf(code: number, event: unknown, url: string): KabarError {
  if (strangerCodes.has(code)) return notKabar(url, `it closed the socket with ${code}`)
  if (code === refusedCode)
    return new KabarError('UNAUTHENTICATED', 'The access token has run out: a fresh one is got.')
  if (code === restartCode || code === laterCode) {
    return new KabarError('SERVICE_UNAVAILABLE', `${url} cannot serve now. It is tried again.`)
  }
  return unreachable(url, event)
}

/** The least wait before the next attempt, and the bound of its random part. */
type Wait = readonly [leastMs: number, spreadMs: number]

/** How long to wait after a socket has ended: a server that restarts or is overloaded is not asked by all at once. */
function waitAfter(code: number, error: KabarError): Wait {
  if (code === restartCode) return [0, bounds.restartMs]
  if (code === laterCode) return [bounds.laterMs, bounds.laterMs]
  return [leastWaitMs(error), 0]
}
