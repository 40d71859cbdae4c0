import type { Db } from '../../database/client.ts'
import type { Sql } from '../../database/sql.ts'
import { type DataExport, Prisma } from '../../generated/prisma/client.ts'

/** A pending export, and how often it was started. */
export type ExportToMake = Pick<DataExport, 'id' | 'userId' | 'hasMedia' | 'tries'>

/** Takes the pending export with the fewest tries, the oldest first. Null when there is none below `triesMax`. */
export async function takeExport(sql: Sql, triesMax: number): Promise<ExportToMake | null> {
  const [row] = await sql<ExportToMake>(Prisma.sql`
    -- takeExport: data_exports_user_id_pending_key, as many rows as are pending
    update data_exports
    set tries = tries + 1
    where id = (
      select id
      from data_exports
      where status = 'PENDING' and tries < ${triesMax}
      order by tries, requested_at
      limit 1
    )
    returning id, user_id as "userId", has_media as "hasMedia", tries`)
  return row ?? null
}

/** Reads pending exports that have used up their tries. */
export function readHopelessExports(
  sql: Sql,
  triesMax: number,
  take: number,
): Promise<Pick<DataExport, 'id' | 'userId'>[]> {
  return sql(Prisma.sql`
    -- readHopelessExports: data_exports_user_id_pending_key, as many rows as are pending;
    -- Prisma casts the status, so that the partial index is not used
    select id, user_id as "userId"
    from data_exports
    where status = 'PENDING' and tries >= ${triesMax}
    limit ${take}`)
}

/** The file of a finished export. */
export interface Archive {
  readonly id: string
  readonly storageKey: string
  readonly bytes: number
  /** The number of days for which it can be downloaded. */
  readonly keptDays: number
}

/**
 * Stores the file of an export. The file of an earlier export of the user is deleted.
 *
 * @returns false, and changes nothing, when the export no longer exists, for example because its account was deleted.
 */
export async function completeExport(sql: Sql, { id, storageKey, bytes, keptDays }: Archive): Promise<boolean> {
  const rows = await sql(Prisma.sql`
    -- completeExport: data_exports_pkey, data_exports_user_id_requested_at_idx and media_leftovers_pkey
    with completed as (
      update data_exports
      set status = 'READY', storage_key = ${storageKey}, bytes = ${bytes}::bigint,
        expires_at = now() + ${keptDays}::integer * interval '1 day'
      where id = ${id}::uuid and status = 'PENDING'
      returning user_id
    ), replaced as (
      update data_exports
      set storage_key = null
      from completed
      where data_exports.user_id = completed.user_id and data_exports.id <> ${id}::uuid
        and data_exports.storage_key is not null
    )
    delete from media_leftovers
    using completed
    where storage_key = ${storageKey}
    returning 1`)
  return rows.length > 0
}

/** Reads the key of an export's file; null when it has none, or has expired. */
export async function readArchive(sql: Sql, id: string): Promise<string | null> {
  const [row] = await sql<{ storageKey: string | null }>(Prisma.sql`
    -- readArchive: data_exports_pkey
    select storage_key as "storageKey"
    from data_exports
    where id = ${id}::uuid and expires_at > now()`)
  return row?.storageKey ?? null
}

/** Deletes expired exports. Returns the keys of their files, to be removed. */
export async function deleteExpiredExports(sql: Sql, take: number): Promise<string[]> {
  const rows = await sql<{ storage_key: string | null }>(Prisma.sql`
    -- deleteExpiredExports: data_exports_expires_at_idx, take rows
    delete from data_exports
    where id in (
      select id
      from data_exports
      where expires_at <= now()
      order by expires_at
      limit ${take}
    )
    returning storage_key`)
  return rows.flatMap((row) => row.storage_key ?? [])
}

/** A file of a user, and its storage key. */
export interface ExportedFile {
  readonly id: string
  readonly name: string
  readonly storageKey: string
}

/** Reads a page of the files that a user has uploaded. */
export function readFiles(
  db: Db,
  { userId: ownerId, after, take }: { userId: string; after: string | null; take: number },
): Promise<ExportedFile[]> {
  return db.media.findMany({
    where: { ownerId, uploadedAt: { not: null }, ...(after !== null && { id: { gt: after } }) },
    select: { id: true, name: true, storageKey: true },
    orderBy: { id: 'asc' },
    take,
  })
}
