// Sessions and their refresh tokens. All changes happen under the lock of the user's topic, so that a refresh, a sign-in
// and a revocation of the same user run one after the other.

import { createHash, randomBytes } from 'node:crypto'
import { assertSignedIn } from '../../access/access.ts'
import type { ServiceContext, Viewer } from '../../access/context.ts'
import { inOrder } from '../../concurrency/loader.ts'
import { signInLimits } from '../../config/auth.ts'
import { type Config, limits } from '../../config/config.ts'
import type { Transaction } from '../../database/client.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { AppError, notFound } from '../../errors.ts'
import type { Write } from '../../feed/write.ts'
import type { Prisma, Session } from '../../generated/prisma/client.ts'
import { markSeen } from '../../users/queries.ts'
import { insertRefreshToken, replaceRefreshToken } from '../queries.ts'
import { sessionExpired } from '../session-cache.ts'

const dayMs = 86_400_000

/** A session and its refresh token, of which only the hash is stored. */
export interface OpenSession {
  readonly session: Session
  readonly refreshToken: string
}

/** The settings and the clock that decide how long sessions last. */
export interface SessionParts extends Pick<ServiceContext, 'clock'> {
  readonly config: Pick<Config, 'sessionDays'>
}

/** The owner of a new session. */
export interface NewSession {
  userId: string
  userAgent: string | null
  /** True if the username alone opened it, without a password. */
  byName?: boolean
  /** The way of signing in, for the security event. */
  by: 'registration' | 'password' | 'username' | 'guest' | 'command'
}

/**
 * Opens a session and notifies the user's other devices. A user who has too many sessions loses the oldest.
 *
 * The caller holds the lock of the user's topic, or has just created it.
 *
 * @throws AppError ACCOUNT_SUSPENDED
 */
export async function openSession(
  parts: SessionParts,
  write: Write,
  { userId, userAgent, byName = false, by }: NewSession,
): Promise<OpenSession> {
  if (write.topics.has(userId)) await assertNotSuspended(write.tx, userId)
  const now = new Date(parts.clock.now())
  const surplus = await write.tx.session.findMany({
    where: { userId, revokedAt: null, expiresAt: { gt: now } },
    // a session opened by the username alone never ends one that was not
    orderBy: [{ byName: 'asc' }, { createdAt: 'desc' }],
    skip: limits.sessionsPerUserMax - 1,
    select: { id: true },
  })
  await endSessions(parts, write, { userId, which: { in: surplus.map(({ id }) => id) } })
  const session = await write.tx.session.create({
    data: {
      ...{ userId, userAgent: toUserAgent(userAgent), byName },
      ...{ createdAt: now, lastUsedAt: now, expiresAt: endOf(parts, now) },
    },
  })
  write.audit({
    ...{ kind: 'SIGNED_IN', userId, subjectId: session.id, detail: by },
    ...(by !== 'command' && { actorId: userId }),
  })
  // an account created in this transaction has no other device
  if (write.topics.has(userId)) {
    write.append({ topicId: userId, kind: 'SESSION_STARTED', actorId: userId, subject: session.id })
  }
  return { session, refreshToken: await addRefreshToken(write.tx, session.id) }
}

async function assertNotSuspended(tx: Transaction, userId: string): Promise<void> {
  const user = await tx.user.findUnique({ where: { id: userId }, select: { suspendedAt: true } })
  if (user?.suspendedAt) {
    throw new AppError('ACCOUNT_SUSPENDED', 'This account is suspended. Ask the operator of the server.')
  }
}

/**
 * Prolongs a session with a new refresh token. Earlier tokens stay as they are.
 *
 * @param prolonged.predecessor the hash of the exchanged token; null for none.
 */
export async function prolongSession(
  parts: SessionParts,
  tx: Transaction,
  { sessionId, predecessor = null }: { sessionId: string; predecessor?: TokenHash | null },
): Promise<OpenSession> {
  const now = new Date(parts.clock.now())
  const session = await tx.session.update({
    where: { id: sessionId },
    data: { lastUsedAt: now, expiresAt: endOf(parts, now) },
  })
  return { session, refreshToken: await addRefreshToken(tx, sessionId, predecessor) }
}

/**
 * Ends live sessions of a user, each with an event on the user's topic.
 *
 * The caller holds the lock of that topic.
 *
 * @param ending.which the ids of the sessions. Default: all sessions of the user.
 * @returns the number of ended sessions.
 */
export async function endSessions(
  { clock }: Pick<SessionParts, 'clock'>,
  { tx, append, audit }: Write,
  { userId, which = {} }: { userId: string; which?: Prisma.UuidFilter },
): Promise<number> {
  const now = new Date(clock.now())
  const ended = await tx.session.updateManyAndReturn({
    where: { userId, id: which, revokedAt: null, expiresAt: { gt: now } },
    data: { revokedAt: now },
    select: { id: true },
  })
  for (const { id } of ended) {
    append({ topicId: userId, kind: 'SESSION_ENDED', actorId: userId, subject: id })
    audit({ kind: 'SESSION_ENDED', userId, subjectId: id })
  }
  return ended.length
}

/**
 * Checks again, under a lock, that a session has not ended in the meantime.
 *
 * @throws AppError SESSION_EXPIRED
 */
export async function assertSessionLive(
  { clock }: Pick<SessionParts, 'clock'>,
  tx: Transaction,
  sessionId: string,
): Promise<Session> {
  const session = await tx.session.findUnique({ where: { id: sessionId } })
  if (!session || session.revokedAt || session.expiresAt.getTime() <= clock.now()) throw sessionExpired()
  return session
}

/**
 * Refuses a session opened by the username alone.
 *
 * Call it before actions that could take over an account. With PASSWORDLESS_SIGN_IN anybody can open such a session. The
 * session that created the account, and sessions opened by a password, are allowed. The caller holds the lock of the
 * user's topic.
 *
 * @throws AppError SESSION_EXPIRED, FORBIDDEN
 */
export async function assertSessionProven(
  parts: Pick<SessionParts, 'clock'>,
  tx: Transaction,
  sessionId: string,
): Promise<void> {
  if ((await assertSessionLive(parts, tx, sessionId)).byName) throw onlyByName()
}

function onlyByName(): AppError {
  const why = 'This session was opened by the username alone, without a password.'
  return new AppError('FORBIDDEN', `${why} Do this in the session that created the account.`)
}

/**
 * Ends a session of the viewer. Does nothing when it has already ended.
 *
 * @throws AppError UNAUTHENTICATED, NOT_FOUND; FORBIDDEN in a session opened by the username alone, for one that was not.
 */
export async function revokeSession(context: ServiceContext, sessionId: string): Promise<Session> {
  const { userId, sessionId: ownId } = assertSignedIn(context)
  return context.feed.write([userId], async (write) => {
    const session = await write.tx.session.findUnique({ where: { id: sessionId, userId } })
    if (!session) throw notFound('session')
    if (!session.byName && session.id !== ownId) await assertSessionProven(context, write.tx, ownId)
    await endSessions(context, write, { userId, which: { in: [sessionId] } })
    return write.tx.session.findUniqueOrThrow({ where: { id: sessionId } })
  })
}

/**
 * Ends the viewer's session.
 *
 * @throws AppError UNAUTHENTICATED
 */
export async function signOut(context: ServiceContext): Promise<Session> {
  const { sessionId } = assertSignedIn(context)
  return revokeSession(context, sessionId)
}

/** Lists the viewer's live sessions, the last used first. There are at most `sessionsPerUserMax`. */
export function listSessions(context: Pick<ServiceContext, 'db' | 'clock'>, { userId }: Viewer): Promise<Session[]> {
  return context.db.session.findMany({
    where: { userId, revokedAt: null, expiresAt: { gt: new Date(context.clock.now()) } },
    orderBy: [{ lastUsedAt: 'desc' }, { id: 'desc' }],
    take: limits.sessionsPerUserMax,
  })
}

/** Loads sessions by their ids, including ended ones; null when there is none. */
export async function sessionsByIds(
  { db }: Pick<ServiceContext, 'db'>,
  ids: readonly string[],
): Promise<readonly (Session | null)[]> {
  const sessions = await db.session.findMany({ where: { id: { in: [...ids] } } })
  return inOrder(ids, sessions, (session) => session.id)
}

/**
 * Exchanges a refresh token for the next one.
 *
 * A replaced token may be used again until one of the tokens given for it was used: the answer was lost, or a second tab
 * sent it at the same time. After that it is theft, and the session ends. A retry later than `refreshRetryMs` makes the
 * tokens given earlier invalid. An earlier retry leaves them valid: several tabs may have sent the same token, and each of
 * them goes on with the tokens of its own answer.
 *
 * @throws AppError SESSION_EXPIRED
 */
export async function rotateRefreshToken(context: ServiceContext, refreshToken: string): Promise<OpenSession> {
  const where = { hash: hashRefreshToken(refreshToken) }
  const owner = await context.db.refreshToken.findUnique({ where, select: { session: { select: { userId: true } } } })
  if (!owner) throw sessionExpired()
  const { userId } = owner.session
  const opened = await context.feed.write([userId], async (write) => {
    const now = context.clock.now()
    const presented = await write.tx.refreshToken.findUnique({
      where,
      include: { session: { include: { user: { select: { deletedAt: true } } } } },
    })
    const session = presented?.session
    if (!session || session.revokedAt || session.expiresAt.getTime() <= now || session.user.deletedAt) return null
    if (!(await replaceRefreshToken(sqlOfPrisma(write.tx), where.hash, signInLimits.refreshRetryMs))) {
      write.audit({ kind: 'REFRESH_TOKEN_REUSED', actorId: null, userId, subjectId: session.id })
      await endSessions(context, write, { userId, which: { in: [session.id] } })
      return null // not an error, which would roll back the end of the session
    }
    await forgetOldTokens(write.tx, session.id, new Date(now - context.config.sessionDays * dayMs))
    await markSeen(sqlOfPrisma(write.tx), [userId])
    return prolongSession(context, write.tx, { sessionId: session.id, predecessor: where.hash })
  })
  if (!opened) throw sessionExpired()
  return opened
}

/** Deletes replaced tokens older than a session's lifetime: they would have expired, so their reuse proves nothing. */
async function forgetOldTokens(tx: Transaction, sessionId: string, before: Date): Promise<void> {
  await tx.refreshToken.deleteMany({ where: { sessionId, replacedAt: { lt: before } } })
}

/** The SHA-256 of a refresh token. */
type TokenHash = Uint8Array<ArrayBuffer>

async function addRefreshToken(
  tx: Transaction,
  sessionId: string,
  predecessor: TokenHash | null = null,
): Promise<string> {
  const refreshToken = randomBytes(32).toString('base64url')
  await insertRefreshToken(sqlOfPrisma(tx), { sessionId, hash: hashRefreshToken(refreshToken), predecessor })
  return refreshToken
}

/** Hashes a refresh token. 256 random bits cannot be guessed, so a fast hash is enough. */
function hashRefreshToken(refreshToken: string): TokenHash {
  return new Uint8Array(createHash('sha256').update(refreshToken).digest())
}

function endOf({ config }: SessionParts, from: Date): Date {
  return new Date(from.getTime() + config.sessionDays * dayMs)
}

/** Shortens a User-Agent header to the stored length and removes U+0000, which PostgreSQL refuses. */
function toUserAgent(userAgent: string | null): string | null {
  if (userAgent === null) return null
  return [...userAgent.toWellFormed().replaceAll('\0', '')].slice(0, limits.userAgentLengthMax).join('')
}
