// The secrets that sign the URLs of files. They live in the database, so that all servers sign and check alike.

import { randomBytes } from 'node:crypto'
import { mediaLimits } from '../config/media.ts'
import type { Sql } from '../database/sql.ts'
import { invariant } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** A secret, and how long what it signs is good. */
interface MediaKey {
  readonly secret: Uint8Array
  /** Signs from this moment on; in milliseconds since 1970. */
  readonly activeAt: number
  /** What it has signed has expired by this moment: who says otherwise has stolen it. */
  readonly goodUntil: number
}

/** The keys of one server: see `openMediaKeys`. */
export interface MediaKeys {
  /** The secret that signs now. */
  signing(): Uint8Array
  /** The secrets that can have signed what expires at a moment, in milliseconds since 1970. */
  signersOf(expiresAt: number): Uint8Array[]
  /** Reads them again, at most every second, for a signature of a key that is not known. */
  refresh(): Promise<void>
  close(): void
}

/** Opens one server's copy of the keys, which is read again every minute. The first server of a database makes one. */
export async function openMediaKeys(sql: Sql, now = Date.now): Promise<MediaKeys> {
  let keys = await readKeys(sql)
  let readAt = now()
  const read = async () => {
    keys = await readKeys(sql)
    readAt = now()
  }
  // while the database is away what is known stays good
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
 * Makes a new key and deletes those that have signed nothing that is still good.
 *
 * The new one signs after `keyPublishedMs`, when all servers know it. While another still waits nothing happens.
 *
 * @returns when it begins to sign; null when nothing happened.
 */
export async function rotateMediaKeys(sql: Sql, clock = Date.now): Promise<Date | null> {
  await readKeys(sql)
  const now = clock()
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

/** What a key signs last is good for so long after its successor signs: a server may not have read that yet. */
const graceMs = 2 * mediaLimits.urlWindowMs + mediaLimits.keyReloadMs

/** Reads all keys, the newest first, and makes one where there is none. */
async function readKeys(sql: Sql): Promise<MediaKey[]> {
  await sql(Prisma.sql`
    -- readKeys: media_keys_pkey
    insert into media_keys (id, secret, created_at)
    select 1, ${randomBytes(32)}, now()
    where not exists (select from media_keys)
    on conflict do nothing`)
  const rows = await sql<{ secret: Uint8Array; createdAt: Date }>(Prisma.sql`
    -- readKeys: media_keys_pkey, a handful of rows
    select secret, created_at as "createdAt"
    from media_keys
    order by id desc`)
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
