// Which usernames are free to take. Those that are not give one answer, so that nobody learns why.

import { hash } from 'node:crypto'
import type { Config } from '../config/config.ts'
import { reservedUsernames } from '../config/usernames.ts'
import type { Transaction } from '../database/client.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { AppError } from '../errors.ts'
import { readRestingNames } from './queries.ts'

/** Signs of ASCII that look like others, as in `supp0rt` and `adrnin`. */
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

/** Gives usernames that look alike the same skeleton, such as `a.dm1n` and `admin`. */
function skeletonOf(username: string): string {
  return lookalikes.reduce((text, [pattern, sign]) => text.replace(pattern, sign), username)
}

const reserved = new Set(reservedUsernames.map(skeletonOf))

/** Whether a username, or what it looks like, is one that nobody gets. */
export function isReservedName(username: string): boolean {
  return reserved.has(skeletonOf(username))
}

/** The error of a username that cannot be had, whatever the reason. */
export function usernameTaken(username?: string): AppError {
  const which = username === undefined ? 'This username' : `The username "${username}"`
  return new AppError('USERNAME_TAKEN', `${which} is taken. Choose another.`)
}

/**
 * Refuses usernames that are reserved, or rest since their account was deleted.
 *
 * Called after the accounts were inserted: who waited there for the deletion of an account then sees that its name rests.
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

/** Lets the username of an account that is being deleted rest. Only its hash is kept. */
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
