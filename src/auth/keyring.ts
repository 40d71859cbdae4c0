// The Ed25519 keys that sign access tokens. They are stored in the database, so that all servers share them.

import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { z } from 'zod'
import { insertEntries } from '../audit/entries.ts'
import { signInLimits } from '../config/auth.ts'
import type { Database, Transaction } from '../database/client.ts'
import type { DatabaseClock } from '../database/clock.ts'
import { translateFault } from '../database/faults.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { invariant } from '../errors.ts'
import type { Feed } from '../feed/feed.ts'
import type { SigningKey as Row } from '../generated/prisma/client.ts'

/** The signature algorithm of access tokens (RFC 8037). */
export const algorithm = 'EdDSA'

/** A key, imported and ready for use. */
export interface SigningKey {
  /** The JWK thumbprint (RFC 7638). */
  readonly kid: string
  /** The time from which it signs. */
  readonly activeAt: Date
  readonly publicKey: CryptoKey
  readonly privateKey: CryptoKey
  /** The public part, as published. */
  readonly jwk: JWK
}

/** The keys of one server: see `createKeyring`. */
export interface Keyring {
  /** The key that signs now. */
  signing(): Promise<SigningKey>
  /** The key of a token; null when it is unknown or no longer verifies. */
  find(kid: string): Promise<SigningKey | null>
  /** All keys that verify now or soon, newest first. */
  all(): Promise<readonly SigningKey[]>
}

const publicParts = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() })
const privateParts = publicParts.extend({ d: z.string() })

/**
 * Creates one server's copy of the keys.
 *
 * Reads them again every minute, and for an unknown key at most every second. The first server that needs a key creates
 * it, and the first server that finds the newest key too old publishes its successor.
 *
 * @param now the clock by which keys become active, in ms since 1970: PostgreSQL's, so that servers agree.
 */
export function createKeyring(db: Database['db'], now = Date.now): Keyring {
  let keys: readonly SigningKey[] = []
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | null = null

  const read = async () => {
    let rows = await readRows(db)
    if (!rows[0] || now() - rows[0].activeAt.getTime() > signInLimits.keyAgeMaxMs) {
      await rotateKeys(db, now)
      rows = await readRows(db)
    }
    const known = new Map(keys.map((key) => [key.kid, key]))
    keys = await Promise.all(rows.map(async (row) => known.get(row.id) ?? toSigningKey(row)))
    readAt = now()
  }
  const reload = (ageMaxMs: number) => {
    if (now() - readAt < ageMaxMs) return Promise.resolve()
    reading ??= read()
      .catch((error) => {
        throw translateFault(error)
      })
      .finally(() => {
        reading = null
      })
    return reading
  }
  const verifying = () => keys.filter((_, index) => !isRetired(keys, index, now()))

  return {
    async signing() {
      await reload(signInLimits.keyReloadMs)
      const key = keys.find(({ activeAt }) => activeAt.getTime() <= now()) ?? keys.at(-1)
      invariant(key, 'there is a signing key after reading them')
      return key
    },
    async find(kid) {
      const findKnown = () => verifying().find((key) => key.kid === kid) ?? null
      const known = findKnown()
      if (known) return known
      await reload(signInLimits.keyReloadMinMs)
      return findKnown()
    },
    async all() {
      await reload(signInLimits.keyReloadMs)
      return verifying()
    },
  }
}

/** A key that was published. */
export interface Rotated {
  readonly kid: string
  readonly activeAt: Date
}

/**
 * Publishes a new key and deletes keys that no valid token needs.
 *
 * The new key signs after `keyPublishedMs`; the first key of a database signs at once. While another key is waiting to
 * become active it does nothing, so that servers that start or rotate at the same moment agree on one.
 *
 * @returns the new key; null when nothing happened.
 */
export async function rotateKeys(db: Database['db'], clock = Date.now): Promise<Rotated | null> {
  return db.$transaction(async (tx) => {
    const rotated = await rotateIn(tx, clock)
    // the first key of a database replaces none
    if (rotated && !rotated.isFirst) await insertEntries(sqlOfPrisma(tx), [{ kind: 'KEYS_ROTATED' }])
    return rotated
  })
}

/**
 * Does the same for an operator.
 *
 * @param assertMay called in the transaction; throws when the operator may not.
 */
export async function rotateKeysFor(
  { feed, clock }: { feed: Pick<Feed, 'write'>; clock: Pick<DatabaseClock, 'now'> },
  assertMay: (tx: Transaction) => Promise<unknown> = async () => {},
): Promise<Rotated | null> {
  return feed.write([], async ({ tx, audit }) => {
    await assertMay(tx)
    const rotated = await rotateIn(tx, clock.now)
    if (rotated) audit({ kind: 'KEYS_ROTATED' })
    return rotated
  })
}

async function rotateIn(tx: Transaction, clock: () => number): Promise<(Rotated & { isFirst: boolean }) | null> {
  await lockKeys(tx)
  const rows = await readRows(tx)
  const now = clock()
  if (rows[0] && rows[0].createdAt.getTime() > now - signInLimits.keyPublishedMs) return null
  const activeAt = new Date(rows[0] ? now + signInLimits.keyPublishedMs : now)
  const key = await tx.signingKey.create({ data: { ...(await generateKey()), createdAt: new Date(now), activeAt } })
  const retired = rows.filter((_, index) => isRetired(rows, index, now))
  await tx.signingKey.deleteMany({ where: { id: { in: retired.map((row) => row.id) } } })
  return { kid: key.id, activeAt, isFirst: rows.length === 0 }
}

/** The state of a key. No valid token was signed by a RETIRED one. */
export type KeyState = 'WAITING' | 'SIGNING' | 'VERIFYING' | 'RETIRED'

/** Lists all keys with their states, newest first, for the operator. Creates none. */
export async function listKeys(
  db: Database['db'],
  clock = Date.now,
): Promise<{ kid: string; activeAt: Date; state: KeyState }[]> {
  const rows = await readRows(db)
  const now = clock()
  const signing = rows.findIndex(({ activeAt }) => activeAt.getTime() <= now)
  const stateOf = (index: number): KeyState => {
    if (index === signing) return 'SIGNING'
    if (signing < 0 || index < signing) return 'WAITING'
    return isRetired(rows, index, now) ? 'RETIRED' : 'VERIFYING'
  }
  return rows.map(({ id, activeAt }, index) => ({ kid: id, activeAt, state: stateOf(index) }))
}

/** Locks the keys against writes, not reads, until the transaction ends. */
async function lockKeys(tx: Transaction): Promise<void> {
  await tx.$executeRaw`/* lockKeys */ lock table signing_keys in share row exclusive mode`
}

/** A handful of rows, newest first. */
function readRows(db: Pick<Transaction, 'signingKey'>): Promise<Row[]> {
  return db.signingKey.findMany({ orderBy: [{ activeAt: 'desc' }, { id: 'desc' }] })
}

/** Tells whether the last token that a key can have signed has expired. Keys are newest first. */
function isRetired(keys: readonly { activeAt: Date }[], index: number, now: number): boolean {
  const successor = keys[index - 1]
  // servers that have not read the successor yet, or whose clock is behind, still sign with it for a while
  const graceMs = signInLimits.tokenAgeMaxMs + signInLimits.keyPublishedMs
  return successor !== undefined && successor.activeAt.getTime() + graceMs < now
}

async function generateKey(): Promise<Pick<Row, 'id'> & { publicJwk: object; privateJwk: object }> {
  const { privateKey } = await generateKeyPair(algorithm, { crv: 'Ed25519', extractable: true })
  const privateJwk = privateParts.parse(await exportJWK(privateKey))
  const publicJwk = publicParts.parse(privateJwk)
  return { id: await calculateJwkThumbprint(publicJwk), publicJwk, privateJwk }
}

async function toSigningKey(row: Row): Promise<SigningKey> {
  const publicJwk = publicParts.parse(row.publicJwk)
  return {
    kid: row.id,
    activeAt: row.activeAt,
    publicKey: await importKey(publicJwk),
    privateKey: await importKey(privateParts.parse(row.privateJwk)),
    jwk: { ...publicJwk, kid: row.id, alg: algorithm, use: 'sig' },
  }
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, algorithm)
  invariant(!(key instanceof Uint8Array), 'an Ed25519 key is imported as a CryptoKey, not as bytes')
  return key
}
