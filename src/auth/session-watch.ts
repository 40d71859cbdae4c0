// Ends streams and sockets when their session ends: one lookup per server for all watched sessions, not a timer per socket.

import type { Sessions, Viewer } from '../access/context.ts'
import { feedLimits } from '../config/feed.ts'
import type { AppError } from '../errors.ts'
import { type SessionCache, sessionExpired } from './session-cache.ts'
import { expiredToken } from './tokens.ts'

/** The watched sessions of one server: see `createSessionWatch`. */
export interface SessionWatch extends Pick<Sessions, 'watch'> {
  /** Checks the watched sessions of these users at once. Requests during a lookup share the next one. */
  recheck(userIds: readonly string[]): void
  /** Stops watching. Resolves when no lookup is running. */
  close(): Promise<void>
}

/** Options of a session watch. */
export interface SessionWatchOptions {
  checks: Pick<SessionCache, 'findEnded'>
  /** The clock by which tokens expire. Default: this machine's. */
  now?: () => number
  /** The interval at which all watched sessions are checked. */
  sessionSweepMs: number
  onError(error: unknown): void
}

interface Watcher {
  readonly viewer: Viewer
  readonly callback: (error: AppError) => void
}

/**
 * Starts the watch. A watcher is called within `sessionSweepMs` and one lookup after its session or token ends.
 *
 * A new watcher is checked at once, because the cached session state that admitted it may be old.
 */
export function createSessionWatch({
  checks,
  sessionSweepMs,
  onError,
  now = Date.now,
}: SessionWatchOptions): SessionWatch {
  const watchersByUser = new Map<string, Set<Watcher>>()
  let pending = new Set<Watcher>()
  let running: Promise<void> | null = null
  let timer: NodeJS.Timeout | null = null
  let closed = false

  function stop(watcher: Watcher): boolean {
    const watchers = watchersByUser.get(watcher.viewer.userId)
    const wasWatched = watchers?.delete(watcher) ?? false
    if (watchers?.size === 0) watchersByUser.delete(watcher.viewer.userId)
    return wasWatched
  }

  function end(watcher: Watcher, error: AppError): void {
    if (!stop(watcher)) return
    try {
      watcher.callback(error)
    } catch (cause) {
      onError(cause)
    }
  }

  async function lookUp(watchers: ReadonlySet<Watcher>): Promise<void> {
    for (const watcher of watchers) {
      if (watcher.viewer.tokenExpiresAt <= now()) end(watcher, expiredToken())
    }
    const ended = await checks.findEnded([...new Set([...watchers].map((watcher) => watcher.viewer.sessionId))])
    for (const watcher of watchers) {
      if (ended.has(watcher.viewer.sessionId)) end(watcher, sessionExpired())
    }
  }

  async function run(): Promise<void> {
    const watchers = pending
    pending = new Set()
    try {
      await lookUp(watchers)
    } catch (error) {
      onError(error)
      sweepAfter(feedLimits.lookupRetryMs)
    }
  }

  /** Runs one lookup at a time. Watchers added during it are in the next one. */
  function start(): void {
    if (closed) return
    running ??= run().finally(() => {
      running = null
      if (pending.size > 0) start()
    })
  }

  function sweepAfter(ms: number): void {
    if (timer) clearTimeout(timer)
    if (closed) return
    timer = setTimeout(() => {
      for (const watchers of watchersByUser.values()) for (const watcher of watchers) pending.add(watcher)
      start()
      sweepAfter(sessionSweepMs * (0.75 + Math.random() / 4))
    }, ms)
    timer.unref()
  }

  sweepAfter(sessionSweepMs)
  return {
    watch(viewer, callback) {
      const watcher = { viewer, callback }
      const watchers = watchersByUser.get(viewer.userId) ?? new Set()
      watchersByUser.set(viewer.userId, watchers.add(watcher))
      pending.add(watcher)
      start()
      return () => void stop(watcher)
    },
    recheck(userIds) {
      for (const userId of userIds) for (const watcher of watchersByUser.get(userId) ?? []) pending.add(watcher)
      if (pending.size > 0) start()
    },
    async close() {
      closed = true
      if (timer) clearTimeout(timer)
      watchersByUser.clear()
      await running
    },
  }
}
