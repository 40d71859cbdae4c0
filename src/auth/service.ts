// Registration and sign-in; that of guests is in guests/. Passwords are hashed and compared outside transactions, and checked
// again inside.

import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { ServiceContext, Viewer } from '../access/context.ts'
import type { Attempt } from '../access/rates.ts'
import { signInLimits } from '../config/auth.ts'
import { limits } from '../config/config.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { AppError, unavailable } from '../errors.ts'
import { parseInput } from '../input/parse.ts'
import { nameText } from '../input/text.ts'
import { emailText, newUsernameText, phoneText, trimAscii, usernameText } from '../users/formats.ts'
import { markSeen } from '../users/queries.ts'
import { createUser } from '../users/service.ts'
import { anyPassword, comparePassword, hashPassword, needsUpgrade, passwordText } from './passwords/hashing.ts'
import { type OpenSession, openSession, rotateRefreshToken } from './sessions/service.ts'

/** The context of signing in, with the user agent of the request. */
export interface SignInContext extends ServiceContext {
  readonly userAgent: string | null
}

/** The tokens of a session, and their viewer. */
export interface Grant {
  readonly accessToken: string
  readonly accessTokenExpiresAt: Date
  readonly refreshToken: string
  readonly refreshTokenExpiresAt: Date
  readonly viewer: Viewer
}

const displayName = nameText(limits.displayNameLengthMax)

/** The validation of a registered account. */
export const accountInput = z.object({
  username: newUsernameText,
  password: passwordText.nullish(),
  displayName: displayName.nullish(),
  email: emailText.nullish(),
  phone: phoneText.nullish(),
})

/** The input of a registered account. */
export type AccountInput = z.input<typeof accountInput>

/**
 * Creates a registered account and signs it in.
 *
 * @throws AppError BAD_USER_INPUT, PASSWORDLESS_DISABLED, USERNAME_TAKEN, RATE_LIMITED
 */
export async function register(context: SignInContext, input: AccountInput): Promise<Grant> {
  const { username, password, email, phone, ...given } = parseInput(accountInput, input)
  assertPasswordPolicy(context, password)
  await context.rates.take(['signUpFromAddress', context.address])
  const passwordHash = password == null ? null : await hashPassword(password)
  const name = given.displayName ?? trimAscii(input.username)
  const opened = await context.feed.write([], async (write) => {
    const user = await createUser(context, write.tx, { username, displayName: name, email, phone })
    if (passwordHash !== null) await write.tx.credential.create({ data: { userId: user.id, passwordHash } })
    return openSession(context, write, { userId: user.id, userAgent: context.userAgent, by: 'registration' })
  })
  return grant(context, opened)
}

const signInInput = z.object({
  username: z.string().max(signInLimits.typedUsernameLengthMax),
  password: anyPassword.nullish(),
})

/**
 * Signs a registered user in, by the username or by verified contact data.
 *
 * Without a password it opens only accounts that have none, by the username, and only where the operator allows them.
 * An unknown user, unverified contact data, a wrong password and a password for an account without one give the same
 * answer after the same time.
 *
 * Failures are counted per address, and per address and typed name: an attacker elsewhere cannot lock anybody out, and
 * the counts do not reveal that a username and an e-mail address belong to one account.
 *
 * @throws AppError BAD_CREDENTIALS, ACCOUNT_SUSPENDED, PASSWORDLESS_DISABLED, RATE_LIMITED, BAD_USER_INPUT
 */
export async function signIn(context: SignInContext, input: z.input<typeof signInInput>): Promise<Grant> {
  const { username, password = null } = parseInput(signInInput, input)
  assertPasswordPolicy(context, password)
  const fromAddress: Attempt = ['signInFromAddress', context.address]
  const toAccount: Attempt = ['signInToAccount', context.address, trimAscii(username).toLowerCase()]
  const opened = await context.rates.during([fromAddress, toAccount], () => checkAndEnter(context, username, password))
  if (!opened) throw badCredentials()
  await Promise.all([context.rates.giveBack(fromAddress), context.rates.forget(toAccount)])
  return grant(context, opened)
}

const refreshInput = z.object({ refreshToken: z.string().max(signInLimits.refreshTokenLengthMax) })

/**
 * Exchanges a refresh token for new tokens, which prolongs the session.
 *
 * @throws AppError RATE_LIMITED, SESSION_EXPIRED, also for a reused token: then the session ends.
 */
export async function refreshSession(context: ServiceContext, input: z.input<typeof refreshInput>): Promise<Grant> {
  const { refreshToken } = parseInput(refreshInput, input)
  await context.rates.take(['refreshFromAddress', context.address])
  return grant(context, await rotateRefreshToken(context, refreshToken))
}

/** Opens a session if the password is right. Otherwise returns null, after the same time for all accounts. */
async function checkAndEnter(
  context: SignInContext,
  username: string,
  password: string | null,
): Promise<OpenSession | null> {
  let failAt = performance.now() + signInLimits.signInFailureMs
  for (let tries = 1; tries <= signInLimits.signInTriesMax; tries++) {
    const account = await findAccount(context, username)
    const storedHash = account?.credential?.passwordHash ?? null
    const { isEqual, queuedMs } = await comparePassword(storedHash, password ?? '')
    // the wait in the queue is added for all, so that an expensive hash behind a long queue does not show
    failAt += queuedMs
    const mayEnter = account !== null && (password === null ? storedHash === null && account.byName : isEqual)
    if (!mayEnter) {
      const { address } = context
      context.refusals.note({ kind: 'SIGN_IN_REFUSED', userId: account?.id ?? null, address, detail: 'signIn' })
      await wait(Math.max(0, failAt - performance.now()))
      return null
    }
    const opened = await enter(context, { userId: account.id, storedHash, password })
    if (opened) return opened
  }
  throw unavailable('The password of the account is being changed. Nothing was done: try again.')
}

/** Finds an account by username or verified contact data. */
async function findAccount({ db }: ServiceContext, typed: string) {
  const where = whereTyped(typed)
  const user =
    where && (await db.user.findFirst({ where: { ...where, deletedAt: null }, include: { credential: true } }))
  return user && { ...user, byName: 'username' in where }
}

/** Parses the name typed to sign in. Never ambiguous: usernames contain neither @ nor +. */
function whereTyped(typed: string) {
  const name = usernameText.safeParse(typed)
  if (name.success) return { username: name.data }
  const email = emailText.safeParse(typed)
  if (email.success) return { email: email.data, emailVerifiedAt: { not: null } }
  // as people write it, such as +62 812-3456-7890
  const phone = phoneText.safeParse(typed.replaceAll(/[\s().-]/g, ''))
  return phone.success ? { phone: phone.data, phoneVerifiedAt: { not: null } } : null
}

/** Opens a session if the account is unchanged since the check; null when it has changed. */
async function enter(
  context: SignInContext,
  { userId, storedHash, password }: { userId: string; storedHash: string | null; password: string | null },
): Promise<OpenSession | null> {
  const isOutdated = storedHash !== null && needsUpgrade(storedHash)
  const passwordHash = isOutdated && password !== null ? await hashPassword(password) : null
  return context.feed.write([userId], async (write) => {
    const account = await write.tx.user.findUnique({ where: { id: userId }, include: { credential: true } })
    if (!account || account.deletedAt || (account.credential?.passwordHash ?? null) !== storedHash) return null
    if (passwordHash !== null) await write.tx.credential.update({ where: { userId }, data: { passwordHash } })
    await markSeen(sqlOfPrisma(write.tx), [userId])
    const byName = storedHash === null
    const by = byName ? 'username' : 'password'
    return openSession(context, write, { userId, userAgent: context.userAgent, byName, by })
  })
}

/** Signs the access token of a session. The caller has opened or prolonged it. */
export async function grant({ sessions }: ServiceContext, { session, refreshToken }: OpenSession): Promise<Grant> {
  const { id: sessionId, userId, expiresAt } = session
  const access = await sessions.sign({ userId, sessionId })
  return {
    accessToken: access.token,
    accessTokenExpiresAt: access.expiresAt,
    refreshToken,
    refreshTokenExpiresAt: expiresAt,
    viewer: { userId, sessionId, tokenExpiresAt: access.expiresAt.getTime() },
  }
}

/**
 * Asserts that there is a password, unless the operator allows accounts without.
 *
 * @throws AppError PASSWORDLESS_DISABLED
 */
export function assertPasswordPolicy({ config }: ServiceContext, password: string | null | undefined): void {
  if (password != null || config.passwordlessSignIn) return
  throw new AppError('PASSWORDLESS_DISABLED', 'This server requires a password for every account. Provide one.')
}

function badCredentials(): AppError {
  return new AppError('BAD_CREDENTIALS', 'The username or the password is wrong.')
}
