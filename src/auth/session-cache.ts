// Caches which sessions are live: each is read at most every few seconds, and again when the topic of its user rings.

import type { Viewer } from '../access/context.ts'
import { createLru } from '../concurrency/lru.ts'
import { createSharedStatement } from '../concurrency/shared-statement.ts'
import { signInLimits } from '../config/auth.ts'
import type { Sql } from '../database/sql.ts'
import { AppError } from '../errors.ts'
import { readSessionEnds } from './queries.ts'

/** The error of an ended session: revoked, expired, or of a deleted account. */
export function sessionExpired(): AppError {
  return new AppError('SESSION_EXPIRED', 'The session has ended. Sign in again.')
}

/** The session cache of one server: see `createSessionCache`. */
export interface SessionCache {
  /**
   * Checks that the viewer's session is live.
   *
   * @throws AppError SESSION_EXPIRED
   */
  assertLive(viewer: Viewer): Promise<void>
  /** Reads these sessions from the database, without the cache, and returns those that have ended. */
  findEnded(sessionIds: readonly string[]): Promise<Set<string>>
  /** Drops the cached sessions of a user. */
  forget(userId: string): void
}

interface CachedSession {
  readonly userId: string
  readonly readAt: number
  /** The end of the session, in ms since 1970; 0 when it has ended. */
  readonly endsAt: Promise<number>
}

/**
 * Creates the session cache of one server. Concurrent lookups share a statement.
 *
 * @param now the clock by which sessions end, in ms since 1970: PostgreSQL's.
 */
export function createSessionCache(sql: Sql, ageMaxMs: number, now = Date.now): SessionCache {
  const knownByUser = new Map<string, Set<string>>()
  const known = createLru<string, CachedSession>({
    max: signInLimits.knownSessionsMax,
    onDrop(sessionId, { userId }) {
      const sessionIds = knownByUser.get(userId)
      sessionIds?.delete(sessionId)
      if (sessionIds?.size === 0) knownByUser.delete(userId)
    },
  })
  const lookUp = createSharedStatement(
    async (sessionIds: readonly string[]) => {
      const ends = await readSessionEnds(sql, [...new Set(sessionIds)])
      return sessionIds.map((sessionId) => ends.get(sessionId) ?? 0)
    },
    { keysMax: signInLimits.sessionsPerLookupMax },
  )

  function read({ userId, sessionId }: Viewer): CachedSession {
    const cached = { userId, readAt: now(), endsAt: lookUp(sessionId) }
    const sessionIds = knownByUser.get(userId) ?? new Set()
    knownByUser.set(userId, sessionIds.add(sessionId))
    known.set(sessionId, cached)
    cached.endsAt.catch(() => {
      if (known.get(sessionId) === cached) known.delete(sessionId)
    })
    return cached
  }

  return {
    async assertLive(viewer) {
      const cached = known.get(viewer.sessionId)
      const isFresh = cached !== undefined && now() - cached.readAt < ageMaxMs
      const { endsAt } = isFresh ? cached : read(viewer)
      if ((await endsAt) <= now()) throw sessionExpired()
    },
    async findEnded(sessionIds) {
      const ended = new Set<string>()
      for (let start = 0; start < sessionIds.length; start += signInLimits.sessionsPerLookupMax) {
        const batch = sessionIds.slice(start, start + signInLimits.sessionsPerLookupMax)
        const ends = await readSessionEnds(sql, batch)
        for (const sessionId of batch) {
          if ((ends.get(sessionId) ?? 0) <= now()) ended.add(sessionId)
        }
      }
      return ended
    },
    forget(userId) {
      for (const sessionId of knownByUser.get(userId) ?? []) known.delete(sessionId)
    },
  }
}
