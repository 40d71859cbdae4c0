// The secrets that sign file URLs. They are stored in the database, so that all servers share them.

import { randomBytes } from 'node:crypto'
import { mediaLimits } from '../config/media.ts'
import type { Db } from '../database/client.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { invariant } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** A secret, and how long its signatures are valid. */
interface MediaKey {
  readonly secret: Uint8Array
  /** The time from which it signs, in ms since 1970. */
  readonly activeAt: number
  /** The time at which all its signatures have expired. A later one is forged with a stolen secret. */
  readonly goodUntil: number
}

/** The keys of one server: see `openMediaKeys`. */
export interface MediaKeys {
  /** Returns the secret that signs now. */
  signing(): Uint8Array
  /** Returns the secrets that can have signed a URL with this expiry, in ms since 1970. */
  signersOf(expiresAt: number): Uint8Array[]
  /** Reads the keys again, at most every second, for a signature of an unknown key. */
  refresh(): Promise<void>
  close(): void
}

/** Opens one server's copy of the keys and reads it again every minute. The first server of a database creates one. */
export async function openMediaKeys(db: Db, now = Date.now): Promise<MediaKeys> {
  let keys = await readKeys(db)
  let readAt = now()
  const read = async () => {
    keys = await readKeys(db)
    readAt = now()
  }
  // while the database is unavailable the known keys stay valid
  const timer = setInterval(() => void read().catch(() => {}), mediaLimits.keyReloadMs)
  timer.unref()
  return {
    signing() {
      const key = keys.find(({ activeAt }) => activeAt <= now()) ?? keys.at(-1)
      invariant(key, 'there is a key after reading them')
      return key.secret
    },
    signersOf: (expiresAt) => keys.filter(({ goodUntil }) => expiresAt <= goodUntil).map(({ secret }) => secret),
    refresh: async () => {
      if (Math.abs(now() - readAt) >= mediaLimits.keyReloadMinMs) await read()
    },
    close: () => clearInterval(timer),
  }
}

/**
 * Creates a new key and deletes keys whose signatures have all expired.
 *
 * The new key signs after `keyPublishedMs`, when all servers know it. While another key is waiting it does nothing.
 *
 * @returns when the new key starts to sign; null when nothing happened.
 */
export async function rotateMediaKeys(db: Db, clock = Date.now): Promise<Date | null> {
  await readKeys(db)
  const now = clock()
  const sql = sqlOfPrisma(db)
  const rows = await sql(Prisma.sql`
    -- rotateMediaKeys: media_keys_pkey, a handful of rows
    insert into media_keys (id, secret, created_at)
    select max(id) + 1, ${randomBytes(32)}, ${new Date(now)}::timestamptz
    from media_keys
    having max(created_at) <= ${new Date(now - mediaLimits.keyPublishedMs)}::timestamptz
    on conflict do nothing
    returning id`)
  if (rows.length === 0) return null
  await sql(Prisma.sql`
    -- rotateMediaKeys: media_keys_pkey, a handful of rows
    delete from media_keys
    using media_keys as newer
    where newer.id > media_keys.id
      and newer.created_at < ${new Date(now - mediaLimits.keyPublishedMs - graceMs)}::timestamptz`)
  return new Date(now + mediaLimits.keyPublishedMs)
}

/** How long signatures of a key may be valid after its successor signs: a server may not have read that one yet. */
const graceMs = 2 * mediaLimits.urlWindowMs + mediaLimits.keyReloadMs

/** Reads all keys, the newest first, and creates one if there is none. */
async function readKeys(db: Db): Promise<MediaKey[]> {
  await sqlOfPrisma(db)(Prisma.sql`
    -- readKeys: media_keys_pkey
    insert into media_keys (id, secret, created_at)
    select 1, ${randomBytes(32)}, now()
    where not exists (select from media_keys)
    on conflict do nothing`)
  const rows = await db.mediaKey.findMany({ orderBy: { id: 'desc' } })
  const activeAts = rows.map(({ createdAt }) => createdAt.getTime() + mediaLimits.keyPublishedMs)
  return rows.map(({ secret }, index) => {
    const successorAt = activeAts[index - 1]
    return {
      secret,
      activeAt: activeAts[index] ?? 0,
      goodUntil: successorAt === undefined ? Number.POSITIVE_INFINITY : successorAt + graceMs,
    }
  })
}
