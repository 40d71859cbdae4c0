// Hashes passwords: argon2id for new ones, bcrypt for imported accounts until their next sign-in.

import { hash as digest } from 'node:crypto'
import { availableParallelism } from 'node:os'
import * as argon2 from '@node-rs/argon2'
import * as bcrypt from '@node-rs/bcrypt'
import { z } from 'zod'
import { createSemaphore } from '../../concurrency/semaphore.ts'
import { signInLimits } from '../../config/auth.ts'
import { limits } from '../../config/config.ts'
import { storableText } from '../../input/text.ts'

/** OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, 2 passes, 1 thread; also the defaults of the library. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const argon2idPrefix = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$`

const bcryptPattern = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/
const argon2idPattern =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,4})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$/

/** The hash of 32 discarded random bytes, compared when there is no password to compare with. */
const nobodysHash = `${argon2idPrefix}nc2ERvUreQ8P6pO/k8RgvQ$ANvD21AJ8iS32yLA8V8A6Ugi4El7XrFxsJYIlL6OvRQ`

/** A new password, exactly as typed, without normalization. */
export const passwordText = storableText.refine(
  (text) => [...text].length >= limits.passwordLengthMin && [...text].length <= limits.passwordLengthMax,
  `has ${limits.passwordLengthMin} to ${limits.passwordLengthMax} characters`,
)

/** A password to compare with a hash: any text of bounded length. */
export const anyPassword = z.string().max(2 * limits.passwordLengthMax)

/**
 * The password hash of an imported account: bcrypt, or argon2id as a PHC string.
 *
 * The format is checked exactly, because an account with an invalid hash could never sign in. The cost is bounded, because
 * every sign-in attempt pays it, and because a failure that takes longer than `signInFailureMs` would reveal that the
 * account exists.
 */
export const passwordHashText = z
  .string()
  .refine((text) => bcryptPattern.test(text) || isArgon2id(text), {
    error: 'is neither bcrypt ($2a$, $2b$, $2y$) nor argon2id ($argon2id$v=19$m=…,t=…,p=…$salt$hash)',
    abort: true,
  })
  .refine((text) => isAffordable(text), 'has a cost that would keep the server busy for too long')

/** How the password hash of an imported account was made. */
export const hashAlgorithms = ['bcrypt', 'argon2id', 'bcrypt-of-sha256-hex'] as const

/** The name of a hash algorithm. */
export type HashAlgorithm = (typeof hashAlgorithms)[number]

/** Marks a stored bcrypt hash whose input was the SHA-256 of the password in hex, as Meteor and Rocket.Chat store it. */
const sha256Prefix = 'sha256-hex:'

/** Tells whether a hash has the format of an algorithm. */
export function isHashOf(algorithm: HashAlgorithm, hash: string): boolean {
  return isBcrypt(hash) === (algorithm !== 'argon2id')
}

/** Returns an imported hash as it is stored. */
export function toStoredHash(algorithm: HashAlgorithm, hash: string): string {
  return algorithm === 'bcrypt-of-sha256-hex' ? sha256Prefix + hash : hash
}

/**
 * The queue of hashing. One per process, because threads and memory belong to the process, not to one of its servers.
 *
 * Leaves one core and one of the four threads of libuv for everything else. The last task in the queue waits for some
 * seconds.
 */
const acquire = createSemaphore({
  atOnce: Math.max(1, Math.min(signInLimits.hashesAtOnceMax, availableParallelism() - 1)),
  waitingMax: signInLimits.hashesWaitingMax,
})

/** The passwords being hashed in this process, and those that wait. */
export const hashFigures = acquire.figures

/**
 * Hashes a password with argon2id. It takes about 15 ms of a core and 19 MiB: never call it inside a transaction.
 *
 * @throws AppError SERVICE_UNAVAILABLE when too many hashes wait.
 */
export function hashPassword(password: string): Promise<string> {
  return acquire(() => argon2.hash(password, cost))
}

/**
 * Compares a password with a hash of argon2 or bcrypt.
 *
 * @param hash null without an account or password: takes the same time and is never equal.
 * @throws AppError SERVICE_UNAVAILABLE when too many hashes wait.
 */
export async function verifyPassword(hash: string | null, password: string): Promise<boolean> {
  return (await comparePassword(hash, password)).isEqual
}

/**
 * Compares like `verifyPassword`, and returns how long it waited in the queue.
 *
 * @throws AppError SERVICE_UNAVAILABLE when too many hashes wait.
 */
export function comparePassword(
  hash: string | null,
  password: string,
): Promise<{ isEqual: boolean; queuedMs: number }> {
  const queuedAt = performance.now()
  return acquire(async () => {
    const queuedMs = performance.now() - queuedAt
    if (hash?.startsWith(sha256Prefix)) {
      const hex = digest('sha256', password, 'hex')
      return { isEqual: await bcrypt.verify(hex, hash.slice(sha256Prefix.length)), queuedMs }
    }
    if (hash !== null && isBcrypt(hash)) return { isEqual: await bcrypt.verify(password, hash), queuedMs }
    const isEqual = await argon2.verify(hash ?? nobodysHash, password)
    return { isEqual: isEqual && hash !== null, queuedMs }
  })
}

/** Tells whether a hash has another algorithm or cost than new ones. */
export function needsUpgrade(hash: string): boolean {
  return !hash.startsWith(argon2idPrefix)
}

function isBcrypt(hash: string): boolean {
  return /^\$2[aby]\$/.test(hash)
}

function isArgon2id(text: string): boolean {
  const [, memory, , threads, salt = '', hash = ''] = argon2idPattern.exec(text) ?? []
  // RFC 9106, section 3.1: at least 8 KiB for each thread
  return isBase64(salt) && isBase64(hash) && hash !== '' && Number(memory) >= 8 * Number(threads)
}

function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64').replace(/=+$/, '') === text
}

function isAffordable(text: string): boolean {
  const [, bcryptCost] = bcryptPattern.exec(text) ?? []
  if (bcryptCost !== undefined) return Number(bcryptCost) <= signInLimits.bcryptCostMax
  const [, memory, passes, threads] = argon2idPattern.exec(text) ?? []
  return (
    Number(memory) * Number(passes) <= signInLimits.argonWorkMax &&
    Number(memory) <= signInLimits.argonMemoryKibMax &&
    Number(passes) <= signInLimits.argonPassesMax &&
    Number(threads) <= signInLimits.argonThreadsMax
  )
}
