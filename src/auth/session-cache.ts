// Whether sessions live: asked of the database at most every few seconds each, and at once when a user's topic rings.

import type { Viewer } from '../access/context.ts'
import { createBatchedRead } from '../concurrency/batched-read.ts'
import { signInLimits } from '../config/sign-in.ts'
import type { Sql } from '../database/sql.ts'
import { AppError } from '../errors.ts'
import { readSessionEnds } from './queries.ts'

/** The error of a session that was revoked, has expired, or whose account is gone. */
export function sessionExpired(): AppError {
  return new AppError('SESSION_EXPIRED', 'The session has ended. Sign in again.')
}

/** What one server knows of the sessions that use it: see `createSessionChecks`. */
export interface SessionCache {
  /**
   * Passes while the viewer's session lives.
   *
   * @throws AppError SESSION_EXPIRED
   */
  assertLive(viewer: Viewer): Promise<void>
  /** Asks the database anew for each of these sessions. */
  findEnded(sessionIds: readonly string[]): Promise<Set<string>>
  /** Forgets what is known of a user's sessions. */
  forget(userId: string): void
}

interface Knowledge {
  readonly userId: string
  readonly askedAt: number
  /** When it ends, in milliseconds since 1970; 0 when it has ended. */
  readonly endsAt: Promise<number>
}

/**
 * Makes the memory of one server. Lookups at the same time share a statement.
 *
 * @param now the time by which sessions end, in milliseconds since 1970: that of PostgreSQL.
 */
export function createSessionCache(sql: Sql, ageMaxMs: number, now = Date.now): SessionCache {
  const known = new Map<string, Knowledge>()
  const knownByUser = new Map<string, Set<string>>()
  const lookUp = createBatchedRead(
    async (sessionIds: readonly string[]) => {
      const ends = await readSessionEnds(sql, [...new Set(sessionIds)])
      return sessionIds.map((sessionId) => ends.get(sessionId) ?? 0)
    },
    { keysMax: signInLimits.sessionsPerLookupMax },
  )

  function drop(sessionId: string): void {
    const userId = known.get(sessionId)?.userId
    known.delete(sessionId)
    if (userId === undefined) return
    const sessionIds = knownByUser.get(userId)
    sessionIds?.delete(sessionId)
    if (sessionIds?.size === 0) knownByUser.delete(userId)
  }

  function ask({ userId, sessionId }: Viewer): Knowledge {
    drop(sessionId)
    const knowledge = { userId, askedAt: now(), endsAt: lookUp(sessionId) }
    known.set(sessionId, knowledge)
    const sessionIds = knownByUser.get(userId) ?? new Set()
    knownByUser.set(userId, sessionIds.add(sessionId))
    const [oldest] = known.keys()
    if (known.size > signInLimits.knownSessionsMax && oldest !== undefined) drop(oldest)
    knowledge.endsAt.catch(() => {
      if (known.get(sessionId) === knowledge) drop(sessionId)
    })
    return knowledge
  }

  return {
    async assertLive(viewer) {
      const remembered = known.get(viewer.sessionId)
      const isFresh = remembered !== undefined && now() - remembered.askedAt < ageMaxMs
      const { endsAt } = isFresh ? remembered : ask(viewer)
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
      for (const sessionId of knownByUser.get(userId) ?? []) drop(sessionId)
    },
  }
}
