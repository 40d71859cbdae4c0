// Sessions in the database, and the refresh tokens that prolong them. All changes happen under the lock of the user's
// topic, so that a refresh, a sign-in and a revocation of the same user never cross.

import { createHash, randomBytes } from 'node:crypto'
import { assertSignedIn } from '../../access/access.ts'
import type { ServiceContext, Viewer } from '../../access/context.ts'
import { inOrder } from '../../concurrency/loader.ts'
import { type Config, limits } from '../../config/config.ts'
import { signInLimits } from '../../config/sign-in.ts'
import type { Transaction } from '../../database/client.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { AppError, notFound } from '../../errors.ts'
import type { Write } from '../../feed/write.ts'
import type { Prisma, Session } from '../../generated/prisma/client.ts'
import { markSeen } from '../../users/queries.ts'
import { replaceRefreshToken } from '../queries.ts'
import { sessionExpired } from '../session-cache.ts'

const dayMs = 86_400_000

/** A session and the refresh token that prolongs it, which nobody else knows. */
export interface OpenSession {
  readonly session: Session
  readonly refreshToken: string
}

/** The settings and the time by which sessions last. */
export interface SessionParts extends Pick<ServiceContext, 'clock'> {
  readonly config: Pick<Config, 'sessionDays'>
}

/** Who gets a session. */
export interface NewSession {
  userId: string
  userAgent: string | null
  /** Whether the username alone opened it, which anybody can do. */
  byName?: boolean
}

/**
 * Opens a session, of which the user's other devices are told. A user who has too many loses the oldest.
 *
 * The caller holds the lock of the user's topic, or has just made it.
 */
export async function openSession(
  parts: SessionParts,
  write: Write,
  { userId, userAgent, byName = false }: NewSession,
): Promise<OpenSession> {
  const now = new Date(parts.clock.now())
  const superfluous = await write.tx.session.findMany({
    where: { userId, revokedAt: null, expiresAt: { gt: now } },
    // who knows only the name ends none that knew more
    orderBy: [{ byName: 'asc' }, { createdAt: 'desc' }],
    skip: limits.sessionsPerUserMax - 1,
    select: { id: true },
  })
  await endSessions(parts, write, { userId, which: { in: superfluous.map(({ id }) => id) } })
  const session = await write.tx.session.create({
    data: {
      ...{ userId, userAgent: toUserAgent(userAgent), byName },
      ...{ createdAt: now, lastUsedAt: now, expiresAt: endOf(parts, now) },
    },
  })
  // an account that this transaction makes has no other device
  if (write.topics.has(userId)) {
    write.append({ topicId: userId, kind: 'SESSION_STARTED', actorId: userId, subject: session.id })
  }
  return { session, refreshToken: await addRefreshToken(write.tx, { sessionId: session.id, createdAt: now }) }
}

/**
 * Prolongs a session with another refresh token. The ones before stay as they are.
 *
 * @param prolonged.predecessor the hash of the token that it was exchanged for; null for none.
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
  return { session, refreshToken: await addRefreshToken(tx, { sessionId, createdAt: now, predecessor }) }
}

/**
 * Ends living sessions of a user, each with an event on the user's topic.
 *
 * The caller holds the lock of that topic.
 *
 * @param ending.which the ids of the sessions; all of the user's when not given.
 * @returns how many have ended.
 */
export async function endSessions(
  { clock }: Pick<SessionParts, 'clock'>,
  { tx, append }: Write,
  { userId, which = {} }: { userId: string; which?: Prisma.UuidFilter },
): Promise<number> {
  const now = new Date(clock.now())
  const ended = await tx.session.updateManyAndReturn({
    where: { userId, id: which, revokedAt: null, expiresAt: { gt: now } },
    data: { revokedAt: now },
    select: { id: true },
  })
  for (const { id } of ended) append({ topicId: userId, kind: 'SESSION_ENDED', actorId: userId, subject: id })
  return ended.length
}

/**
 * Looks again, under a lock, at a session that may have ended meanwhile.
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
 * Refuses a session that knew only the username what takes an account away.
 *
 * Where PASSWORDLESS_SIGN_IN is on anybody can open one. The session in which the account was made, and one of a password,
 * knew more. The caller holds the lock of the user's topic.
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
  const why = 'This session was opened by the username alone, which anybody can do.'
  return new AppError('FORBIDDEN', `${why} Do this in the session in which the account was made.`)
}

/**
 * Ends a session of the viewer; one that has ended already stays as it is.
 *
 * @throws AppError UNAUTHENTICATED, NOT_FOUND; FORBIDDEN for a session that knew more, in one that knew only the username.
 */
export async function revokeSession(context: ServiceContext, sessionId: string): Promise<Session> {
  const { userId, sessionId: ownId } = assertSignedIn(context)
  return context.feed.write([userId], async (write) => {
    const asked = await write.tx.session.findUnique({ where: { id: sessionId, userId } })
    if (!asked) throw notFound('session')
    if (!asked.byName && asked.id !== ownId) await assertSessionProven(context, write.tx, ownId)
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

/** Loads sessions by their ids, ended ones too; null where there is none. */
export async function sessionsByIds(
  { db }: Pick<ServiceContext, 'db'>,
  ids: readonly string[],
): Promise<readonly (Session | null)[]> {
  const sessions = await db.session.findMany({ where: { id: { in: [...ids] } } })
  return inOrder(ids, sessions, (session) => session.id)
}

/**
 * Exchanges a refresh token for the next.
 *
 * A replaced token is good again as long as none of its successors was exchanged: then its answer was lost, or a second
 * tab came at the same time. Once one was, the token is known to two parties, and the session ends for both. A successor
 * that a late retry has replaced was lost, so that its use says the same; that of a retry within `refreshRetryMs` stays
 * good, because both tabs have one.
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
      await endSessions(context, write, { userId, which: { in: [session.id] } })
      return null // and not an error, which would roll the end back
    }
    await forgetOldTokens(write.tx, session.id, new Date(now - context.config.sessionDays * dayMs))
    await markSeen(sqlOfPrisma(write.tx), [userId])
    return prolongSession(context, write.tx, { sessionId: session.id, predecessor: where.hash })
  })
  if (!opened) throw sessionExpired()
  return opened
}

/** A token that is older than a session may rest would have expired by itself: its reuse says nothing. */
async function forgetOldTokens(tx: Transaction, sessionId: string, before: Date): Promise<void> {
  await tx.refreshToken.deleteMany({ where: { sessionId, replacedAt: { lt: before } } })
}

/** The SHA-256 of a refresh token. */
type TokenHash = Uint8Array<ArrayBuffer>

async function addRefreshToken(
  tx: Transaction,
  token: { sessionId: string; createdAt: Date; predecessor?: TokenHash | null },
): Promise<string> {
  const refreshToken = randomBytes(32).toString('base64url')
  await tx.refreshToken.create({ data: { ...token, hash: hashRefreshToken(refreshToken) } })
  return refreshToken
}

/** 256 random bits need no slow hash: nobody can try them all. */
function hashRefreshToken(refreshToken: string): TokenHash {
  return new Uint8Array(createHash('sha256').update(refreshToken).digest())
}

function endOf({ config }: SessionParts, from: Date): Date {
  return new Date(from.getTime() + config.sessionDays * dayMs)
}

/** What a browser calls itself, cut to what is stored; U+0000 would be refused by PostgreSQL. */
function toUserAgent(userAgent: string | null): string | null {
  if (userAgent === null) return null
  return [...userAgent.toWellFormed().replaceAll('\0', '')].slice(0, limits.userAgentLengthMax).join('')
}
