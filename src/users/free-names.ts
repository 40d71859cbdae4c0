// Refuses reserved usernames, and those of deleted accounts for a time. A username in use breaks the constraint
// users_username_key, which database/faults.ts maps to the same error, so that the reason does not leak.

import { hash } from 'node:crypto'
import type { Config } from '../config/config.ts'
import { reservedUsernames } from '../config/users.ts'
import type { Transaction } from '../database/client.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { AppError } from '../errors.ts'
import { readRestingNames } from './queries.ts'

/** ASCII characters that look like others, as in `supp0rt` and `adrnin`. */
const lookalikes = [
  [/[._-]/g, ''],
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/0/g, 'o'],
  [/[1i]/g, 'l'],
  [/3/g, 'e'],
  [/4/g, 'a'],
  [/5/g, 's'],
] as const

/** Returns the same skeleton for usernames that look alike, such as `a.dm1n` and `admin`. */
function skeletonOf(username: string): string {
  return lookalikes.reduce((text, [pattern, letter]) => text.replace(pattern, letter), username)
}

const reserved = new Set(reservedUsernames.map(skeletonOf))

/** Tells whether a username is reserved, or looks like a reserved one. */
export function isReservedName(username: string): boolean {
  return reserved.has(skeletonOf(username))
}

/** The error of a username that is not free, whatever the reason. */
function usernameTaken(username?: string): AppError {
  const which = username === undefined ? 'This username' : `The username "${username}"`
  return new AppError('USERNAME_TAKEN', `${which} is taken. Choose another.`)
}

/**
 * Refuses reserved usernames, and those held back after an account was deleted.
 *
 * Call it after inserting the accounts: an insert that waited for the deletion of an account then sees that its username
 * is held back.
 *
 * @throws AppError USERNAME_TAKEN
 */
export async function assertNamesFree(
  { config }: { config: Pick<Config, 'retention'> },
  tx: Transaction,
  usernames: readonly string[],
): Promise<void> {
  for (const username of usernames) if (isReservedName(username)) throw usernameTaken(username)
  const hashes = new Map(usernames.map((username) => [hashOfName(username).toString('hex'), username]))
  const [resting] = await readRestingNames(sqlOfPrisma(tx), {
    hashes: usernames.map(hashOfName),
    days: config.retention.usernameRestDays,
  })
  if (resting) throw usernameTaken(hashes.get(Buffer.from(resting).toString('hex')))
}

/** Holds back the username of an account that is being deleted. Stores only its hash. */
export async function restName(tx: Transaction, username: string): Promise<void> {
  const usernameHash = new Uint8Array(hashOfName(username))
  await tx.restingName.upsert({
    where: { usernameHash },
    create: { usernameHash },
    update: { releasedAt: new Date() },
  })
}

function hashOfName(username: string): Buffer {
  return hash('sha256', username, 'buffer')
}
