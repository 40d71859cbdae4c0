// Which source streams come from: a socket, event streams where sockets are blocked, or the connection of another tab.

import type { ConnectionState } from '../api/connection.ts'
import type { KabarOptions } from '../api/kabar.ts'
import { bounds } from '../config.ts'
import { loadPart } from '../load-part.ts'
import type { SharedSource } from '../tabs/shared-source.ts'
import { createLazySource } from './lazy-source.ts'
import type { SocketSource } from './socket.ts'
import { idleSource, type SourceState } from './source.ts'
import { createStreams, type Follow } from './streams.ts'

/** The parts of the client that its sources use. */
export interface SourcesParts {
  readonly options: KabarOptions
  readonly socketUrl: string
  readonly fetch: typeof fetch
  readonly tabId: string
  /** Web Locks, where connections are to be shared. */
  readonly locks: LockManager | null
  accessToken(options: { fresh: boolean; of: string | null }): Promise<string | null>
  /** Tells whether the server answers over HTTP. */
  isReachable(): Promise<boolean>
  /** The state has changed. `wasLost`: what was open is not any more. */
  changed(wasLost: boolean): void
}

/** Where streams come from. */
export interface Sources {
  readonly follow: Follow
  readonly state: SourceState
  readonly transport: ConnectionState['transport']
  /** Shares the connection with other tabs of the same account, where that is possible. Resolves when it is known who leads. */
  share(account: string): Promise<void>
  hurry(): void
  /** Ends the connection, because another user signs in; the next stream opens it again. */
  reset(): void
  close(): void
}

/** Makes the sources of a client. */
export function createSources(parts: SourcesParts): Sources {
  const { options, changed } = parts
  const { url } = options
  let state = idleSource
  let theirs = idleSource
  let shared: SharedSource | null = null
  let transport: 'socket' | 'event-stream' = options.transport === 'event-stream' ? 'event-stream' : 'socket'
  let isProbing = false

  /** The user whose streams these are; null for who is signed in. */
  let of: string | null = null
  const accessToken = ({ fresh }: { fresh: boolean }) => parts.accessToken({ fresh, of })

  const isFollower = () => shared?.role === 'follower'

  function report(next: SourceState): void {
    const wasLost = state.phase === 'open' && next.phase !== 'open'
    state = next
    shared?.tell()
    if (!isFollower()) changed(wasLost)
    void considerEventStreams()
  }

  function reportTheirs(next: SourceState): void {
    const wasLost = theirs.phase === 'open' && next.phase !== 'open'
    const isSame = theirs.phase === next.phase && theirs.error?.code === next.error?.code
    theirs = next
    if (!isSame) changed(wasLost)
  }

  /** Loaded only where sockets are blocked. */
  const makeEventStreams = async () =>
    (await import('./event-stream.ts')).createEventStreamSource({ url, fetch: parts.fetch, accessToken, report })

  const socketParts = { url: parts.socketUrl, accessToken, report }
  const withSocket = options.WebSocket === undefined ? socketParts : { ...socketParts, WebSocket: options.WebSocket }
  /** Loaded beside the first read, which goes over HTTP; a tab that follows another one never needs it. */
  const makeSocket = async (): Promise<SocketSource> => (await import('./socket.ts')).createSocketSource(withSocket)
  let socket = createLazySource(makeSocket)
  let eventStreams = createLazySource(makeEventStreams)
  const own = () => (transport === 'socket' ? socket : eventStreams)
  const renew = () => accessToken({ fresh: true })
  /** Streams that this tab follows for others use its own connection; its own streams use that of the leader. */
  const ownStreams = createStreams({ url, source: own, renew })
  const streams = createStreams({ url, source: () => (isFollower() && shared ? shared.source : own()), renew })

  const isBlocked = () => transport === 'socket' && (socket.source?.failedFirsts ?? 0) >= bounds.socketAttemptsMax

  /** A proxy may let requests through and no sockets. */
  async function considerEventStreams(): Promise<void> {
    if (!isBlocked() || options.transport === 'socket' || isProbing) return
    isProbing = true
    const isReachable = await parts.isReachable()
    isProbing = false
    if (!isReachable || !isBlocked()) return
    transport = 'event-stream'
    state = idleSource
    const before = socket
    streams.restart()
    ownStreams.restart()
    before.close()
  }

  return {
    follow: streams.follow,
    get state() {
      return isFollower() ? theirs : state
    },
    get transport() {
      if (isFollower()) return 'tab'
      return state.phase === 'open' ? transport : null
    },
    async share(account) {
      shared?.close()
      shared = null
      of = account
      const { locks } = parts
      if (!locks || typeof BroadcastChannel === 'undefined') return own().load()
      const { shareConnection } = await loadPart(() => import('../tabs/shared-source.ts'))
      await new Promise<void>((resolve) => {
        shared = shareConnection({
          ...{ name: `kabar ${url} ${account}`, tabId: parts.tabId, locks, follow: ownStreams.follow },
          ownState: () => state,
          report: reportTheirs,
          hurry: () => own().hurry(),
          changed(role) {
            if (role === 'leader') own().load()
            theirs = idleSource
            streams.restart()
            changed(true)
            resolve()
          },
        })
      })
    },
    hurry() {
      own().hurry()
      shared?.source.hurry()
    },
    reset() {
      shared?.close()
      shared = null
      of = null
      socket.close()
      eventStreams.close()
      state = idleSource
      socket = createLazySource(makeSocket)
      eventStreams = createLazySource(makeEventStreams)
    },
    close() {
      shared?.close()
      socket.close()
      eventStreams.close()
    },
  }
}
