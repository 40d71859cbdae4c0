// Ends what outlives its request: one look per server at all watched sessions, not a timer for each socket.

import type { Sessions, Viewer } from '../access/context.ts'
import { feedLimits } from '../config/feed.ts'
import type { AppError } from '../errors.ts'
import { type SessionCache, sessionExpired } from './session-cache.ts'
import { expiredToken } from './tokens.ts'

/** The watched sessions of one server: see `createSessionWatch`. */
export interface SessionWatch extends Pick<Sessions, 'watch'> {
  /** Looks the watched sessions of these users up at once; what comes meanwhile shares the next look. */
  recheck(userIds: readonly string[]): void
  /** Stops; resolves when no lookup runs. */
  close(): Promise<void>
}

/** What a watch needs. */
export interface SessionWatchOptions {
  checks: Pick<SessionCache, 'findEnded'>
  /** The time by which tokens end; this machine's when not given. */
  now?: () => number
  /** All watched sessions are looked up this often. */
  sweepMs: number
  onError(error: unknown): void
}

interface Watcher {
  readonly viewer: Viewer
  readonly callback: (error: AppError) => void
}

/**
 * Starts to watch. Each watcher hears of the end of session or token within `sweepMs` and one lookup.
 *
 * A new one is looked up at once: what let it in may be as old as what is known of its session.
 */
export function createSessionWatch({ checks, sweepMs, onError, now = Date.now }: SessionWatchOptions): SessionWatch {
  const watchersByUser = new Map<string, Set<Watcher>>()
  let asked = new Set<Watcher>()
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

  async function look(watchers: ReadonlySet<Watcher>): Promise<void> {
    for (const watcher of watchers) {
      if (watcher.viewer.tokenExpiresAt <= now()) end(watcher, expiredToken())
    }
    const ended = await checks.findEnded([...new Set([...watchers].map((watcher) => watcher.viewer.sessionId))])
    for (const watcher of watchers) {
      if (ended.has(watcher.viewer.sessionId)) end(watcher, sessionExpired())
    }
  }

  async function run(): Promise<void> {
    const watchers = asked
    asked = new Set()
    try {
      await look(watchers)
    } catch (error) {
      onError(error)
      sweepAfter(feedLimits.lookupRetryMs)
    }
  }

  /** One look at a time; who asks meanwhile gets the next. */
  function start(): void {
    if (closed) return
    running ??= run().finally(() => {
      running = null
      if (asked.size > 0) start()
    })
  }

  function sweepAfter(ms: number): void {
    if (timer) clearTimeout(timer)
    if (closed) return
    timer = setTimeout(() => {
      for (const watchers of watchersByUser.values()) for (const watcher of watchers) asked.add(watcher)
      start()
      sweepAfter(sweepMs * (0.75 + Math.random() / 4))
    }, ms)
    timer.unref()
  }

  sweepAfter(sweepMs)
  return {
    watch(viewer, callback) {
      const watcher = { viewer, callback }
      const watchers = watchersByUser.get(viewer.userId) ?? new Set()
      watchersByUser.set(viewer.userId, watchers.add(watcher))
      asked.add(watcher)
      start()
      return () => void stop(watcher)
    },
    recheck(userIds) {
      for (const userId of userIds) for (const watcher of watchersByUser.get(userId) ?? []) asked.add(watcher)
      if (asked.size > 0) start()
    },
    async close() {
      closed = true
      if (timer) clearTimeout(timer)
      watchersByUser.clear()
      await running
    },
  }
}
