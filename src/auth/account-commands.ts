// Changes of accounts by the operator, on the command line (cli/users.ts) and in the web client (operators/users). They run
// without a viewer and without rate limits. operators/service.ts says who is an operator.

import { z } from 'zod'
import type { ServiceContext } from '../access/context.ts'
import { AppError, badInput } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { Write } from '../feed/write.ts'
import type { User } from '../generated/prisma/client.ts'
import { parseInput } from '../input/parse.ts'
import { usernameText } from '../users/formats.ts'
import { createKeyring } from './keyring.ts'
import { hashPassword, passwordText } from './passwords/hashing.ts'
import { endSessions, openSession } from './sessions/service.ts'
import { createTokens } from './tokens.ts'

/** The parts of a server that the operator's commands need. They run beside the servers. */
export interface OperatorParts extends Pick<ServiceContext, 'db' | 'clock' | 'config'> {
  readonly feed: Pick<Feed, 'write'>
}

/** A user, with a summary of the account. */
export interface AccountFacts {
  readonly user: User
  readonly hasPassword: boolean
  readonly liveSessions: number
  readonly rooms: number
}

/**
 * Reads a summary of a registered user's account.
 *
 * @throws AppError NOT_FOUND
 */
export async function describeAccount(
  { db, clock }: Pick<ServiceContext, 'db' | 'clock'>,
  username: string,
): Promise<AccountFacts> {
  const user = await findRegistered({ db }, username)
  const userId = user.id
  return {
    user,
    hasPassword: (await db.credential.count({ where: { userId } })) > 0,
    liveSessions: await db.session.count({
      where: { userId, revokedAt: null, expiresAt: { gt: new Date(clock.now()) } },
    }),
    rooms: await db.member.count({ where: { userId } }),
  }
}

const resetInput = z.object({ newPassword: passwordText })

/**
 * Sets a new password for a registered user, and ends all their sessions.
 *
 * @returns the number of ended sessions.
 * @throws AppError BAD_USER_INPUT, NOT_FOUND
 */
export async function resetPassword(
  { db, feed, clock }: Pick<OperatorParts, 'db' | 'feed' | 'clock'>,
  { username, ...input }: { username: string; newPassword: string },
): Promise<number> {
  const { newPassword } = parseInput(resetInput, input)
  const { id: userId } = await findRegistered({ db }, username)
  const passwordHash = await hashPassword(newPassword)
  return feed.write([userId], async (write) => {
    const user = await write.tx.user.findUnique({ where: { id: userId, deletedAt: null } })
    if (!user) return noSuchUser(username)
    return replacePassword({ clock }, write, { userId, passwordHash })
  })
}

/**
 * Replaces the password of an account, and ends all its sessions. Its topic is locked.
 *
 * @returns the number of ended sessions.
 */
export async function replacePassword(
  parts: Pick<OperatorParts, 'clock'>,
  write: Write,
  { userId, passwordHash }: { userId: string; passwordHash: string },
): Promise<number> {
  await write.tx.credential.upsert({ where: { userId }, create: { userId, passwordHash }, update: { passwordHash } })
  write.audit({ kind: 'PASSWORD_CHANGED', userId, detail: 'reset by an operator' })
  return endSessions(parts, write, { userId })
}

/** The contact data that the operator can mark as verified. */
export type ContactKind = 'email' | 'phone'

/**
 * Marks the e-mail address or phone number of an account as verified.
 *
 * From then on it can be used to sign in, like the username.
 *
 * @returns the verified value.
 * @throws AppError NOT_FOUND, BAD_USER_INPUT when the account has none, CONFLICT when another account has verified it.
 */
export async function verifyContact(
  { db, feed, clock }: Pick<OperatorParts, 'db' | 'feed' | 'clock'>,
  { username, kind }: { username: string; kind: ContactKind },
): Promise<string> {
  const { id: userId } = await findRegistered({ db }, username)
  return feed.write([userId], async ({ tx, append, audit }) => {
    const user = await tx.user.findUnique({ where: { id: userId, deletedAt: null } })
    if (!user) return noSuchUser(username)
    const value = user[kind]
    if (value === null) throw badInput(kind, `is missing: the account "${username}" has none`)
    const verifiedAt = new Date(clock.now())
    const data = kind === 'email' ? { emailVerifiedAt: verifiedAt } : { phoneVerifiedAt: verifiedAt }
    await tx.user.update({ where: { id: userId }, data })
    audit({ kind: 'CONTACT_VERIFIED', userId, detail: kind })
    append({ topicId: userId, kind: 'PROFILE_UPDATED', actorId: null, subject: userId })
    return value
  })
}

/**
 * Opens a session for a registered user.
 *
 * It lasts as long as its access token; its refresh token is discarded.
 *
 * @param asked.seconds the lifetime of the token.
 * @returns the access token.
 * @throws AppError NOT_FOUND
 */
export async function issueToken(
  { db, feed, clock }: OperatorParts,
  { username, seconds }: { username: string; seconds: number },
): Promise<string> {
  const { id: userId } = await findRegistered({ db }, username)
  const sessionDays = seconds / 86_400
  const { session } = await feed.write([userId], async (write) => {
    const user = await write.tx.user.findUnique({ where: { id: userId, deletedAt: null } })
    if (!user) return noSuchUser(username)
    return openSession({ clock, config: { sessionDays } }, write, { userId, userAgent: 'kabar token', by: 'command' })
  })
  const { sign } = createTokens(createKeyring(db, clock.now), seconds, clock.now)
  return (await sign({ userId, sessionId: session.id })).token
}

/**
 * Finds a registered user by the username.
 *
 * @throws AppError NOT_FOUND
 */
export async function findRegistered({ db }: Pick<ServiceContext, 'db'>, username: string): Promise<User> {
  const parsed = usernameText.safeParse(username)
  const user = parsed.success && (await db.user.findUnique({ where: { username: parsed.data, deletedAt: null } }))
  return user || noSuchUser(username)
}

function noSuchUser(username: string): never {
  throw new AppError('NOT_FOUND', `There is no registered user "${username}".`)
}
