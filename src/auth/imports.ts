// Imports accounts from another system, with the hashes of their passwords.

import { z } from 'zod'
import { signInLimits } from '../config/auth.ts'
import { newUuid } from '../database/uuid.ts'
import { AppError } from '../errors.ts'
import type { User } from '../generated/prisma/client.ts'
import { splitId } from '../input/ids.ts'
import { parseInput } from '../input/parse.ts'
import { trimAscii } from '../users/formats.ts'
import { createUsers } from '../users/service.ts'
import type { OperatorParts } from './account-commands.ts'
import { hashAlgorithms, isHashOf, passwordHashText, toStoredHash } from './passwords/hashing.ts'
import { accountInput } from './service.ts'

/** One line of an import, as read. */
export interface ImportLine {
  /** The position in the file, for error messages, such as `line 17`. */
  readonly source: string
  /** The parsed JSON; undefined when it is not JSON. */
  readonly value: unknown
}

/** The result of an import. */
export interface ImportSummary {
  imported: number
  /** Accounts that exist already with the same data, for example from an earlier run. */
  present: number
  refused: number
}

/** Options of an import. `onRefused` is called for each refused account. */
export interface ImportOptions extends Pick<OperatorParts, 'db' | 'feed' | 'clock' | 'config'> {
  onRefused(source: string, reason: string): void
}

/** The id of an account: a TypeID of Kabar, or a UUID of another system. */
const accountId = z.string().transform((text, issues) => {
  const uuid = z.uuid().safeParse(text).data?.toLowerCase()
  const parsed = splitId(text)
  const id = uuid ?? (parsed?.type === 'User' ? parsed.uuid : undefined)
  if (id === undefined) issues.addIssue('is neither an id such as user_… nor a UUID')
  return id ?? z.NEVER
})

const pastTime = z.iso
  .datetime({ offset: true, error: 'is not a time such as 2026-01-31T12:00:00Z' })
  .transform((text) => new Date(text))
  .refine((time) => time.getTime() >= 0 && time.getTime() <= Date.now(), 'must be between 1970 and now')

const { password: _, ...registered } = accountInput.shape
/** Refuses unknown fields, because a misspelt one could be the password hash. */
const importedAccount = z
  .strictObject({
    ...registered,
    id: accountId.nullish(),
    createdAt: pastTime.nullish(),
    passwordHash: passwordHashText.nullish(),
    algorithm: z.enum(hashAlgorithms, `must be one of ${hashAlgorithms.join(', ')}`).nullish(),
    emailVerified: z.boolean().nullish(),
    phoneVerified: z.boolean().nullish(),
  })
  .refine(({ email, emailVerified }) => !emailVerified || email, {
    path: ['emailVerified'],
    message: 'can be true only with an e-mail address',
  })
  .refine(({ phone, phoneVerified }) => !phoneVerified || phone, {
    path: ['phoneVerified'],
    message: 'can be true only with a phone number',
  })

  // a hash of something else than the password looks the same, and nobody could sign in with it
  .refine(({ passwordHash, algorithm }) => !passwordHash || algorithm, {
    path: ['algorithm'],
    message: `must say how passwordHash was made: ${hashAlgorithms.join(', ')}`,
  })
  .refine(({ passwordHash, algorithm }) => !passwordHash || !algorithm || isHashOf(algorithm, passwordHash), {
    path: ['algorithm'],
    message: 'is not that of passwordHash',
  })

interface Account {
  readonly source: string
  /** Null for a new id. */
  readonly id: string | null
  /** Null for now. */
  readonly createdAt: Date | null
  readonly username: string
  readonly displayName: string
  readonly email: string | null
  readonly phone: string | null
  readonly emailVerified: boolean
  readonly phoneVerified: boolean
  readonly passwordHash: string | null
}

/**
 * Imports accounts with their passwords, many in one transaction.
 *
 * It can be run again on the same file: existing accounts with the same data count as present, and existing accounts
 * with other data are refused. An account without a hash has no password: it can sign in once the operator sets one.
 *
 * @throws AppError SERVICE_UNAVAILABLE when the database is unavailable: accounts imported before that stay.
 */
export async function importAccounts(
  lines: AsyncIterable<ImportLine>,
  { onRefused, ...parts }: ImportOptions,
): Promise<ImportSummary> {
  const summary: ImportSummary = { imported: 0, present: 0, refused: 0 }
  const importing: Importing = {
    ...parts,
    summary,
    refuse(source, error) {
      if (!(error instanceof AppError) || error.code === 'SERVICE_UNAVAILABLE') throw error
      summary.refused += 1
      onRefused(source, error.message)
    },
  }
  let batch: Account[] = []
  for await (const line of lines) {
    try {
      batch.push(readAccount(line))
    } catch (error) {
      importing.refuse(line.source, error)
    }
    if (batch.length < signInLimits.importBatchMax) continue
    await importBatch(importing, batch)
    batch = []
  }
  await importBatch(importing, batch)
  return summary
}

interface Importing extends Pick<OperatorParts, 'db' | 'feed' | 'clock' | 'config'> {
  readonly summary: ImportSummary
  /** Records a refusal; rethrows any other error. */
  refuse(source: string, error: unknown): void
}

function readAccount({ source, value }: ImportLine): Account {
  if (value === undefined) throw new AppError('BAD_USER_INPUT', 'is not JSON, or too long')
  const { displayName, email, phone, passwordHash, algorithm, ...account } = parseInput(importedAccount, value)
  const { username } = account
  const [emailVerified, phoneVerified] = [account.emailVerified ?? false, account.phoneVerified ?? false]
  const given = z.object({ username: z.string() }).parse(value)
  return {
    ...{ source, username, displayName: displayName ?? trimAscii(given.username) },
    ...{ id: account.id ?? null, createdAt: account.createdAt ?? null },
    ...{ email: email ?? null, phone: phone ?? null, emailVerified, phoneVerified },
    passwordHash: passwordHash && algorithm ? toStoredHash(algorithm, passwordHash) : null,
  }
}

/** Adds the missing accounts together; one by one when they conflict. */
async function importBatch(importing: Importing, batch: readonly Account[]): Promise<void> {
  const missing = await dropPresent(importing, batch)
  try {
    await addAccounts(importing, missing)
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'SERVICE_UNAVAILABLE') throw error
    for (const account of missing) await importOne(importing, account)
  }
}

async function importOne(importing: Importing, account: Account): Promise<void> {
  try {
    await addAccounts(importing, await dropPresent(importing, [account]))
  } catch (error) {
    importing.refuse(account.source, error)
  }
}

/** Counts or refuses accounts whose usernames are taken, and returns the others. */
async function dropPresent(importing: Importing, accounts: readonly Account[]): Promise<Account[]> {
  const { db, summary, refuse } = importing
  const users = await db.user.findMany({ where: { username: { in: accounts.map(({ username }) => username) } } })
  const byUsername = new Map(users.map((user) => [user.username, user]))
  return accounts.filter((account) => {
    const user = byUsername.get(account.username)
    if (user && isSame(user, account)) summary.present += 1
    else if (user) refuse(account.source, new AppError('USERNAME_TAKEN', `Another account is "${account.username}".`))
    return !user
  })
}

function isSame(user: User, { id, createdAt, displayName, email, phone, ...account }: Account): boolean {
  const { emailVerified, phoneVerified } = account
  if ((id ?? user.id) !== user.id || (createdAt ?? user.createdAt).getTime() !== user.createdAt.getTime()) return false
  // the operator may have verified it in the meantime
  const isVerified = (user.emailVerifiedAt || !emailVerified) && (user.phoneVerifiedAt || !phoneVerified)
  return user.displayName === displayName && user.email === email && user.phone === phone && Boolean(isVerified)
}

async function addAccounts(importing: Importing, accounts: readonly Account[]): Promise<void> {
  if (accounts.length === 0) return
  const { feed, summary, clock } = importing
  const now = new Date(clock.now())
  const users = accounts.map(({ emailVerified, phoneVerified, ...account }) => ({
    ...{ ...account, id: account.id ?? newUuid() },
    emailVerifiedAt: emailVerified ? now : null,
    phoneVerifiedAt: phoneVerified ? now : null,
  }))
  const credentials = users.flatMap(({ id, passwordHash }) => (passwordHash ? [{ userId: id, passwordHash }] : []))
  await feed.write([], async ({ tx }) => {
    await createUsers(importing, tx, users)
    await tx.credential.createMany({ data: credentials })
  })
  summary.imported += accounts.length
}
