import type { Db } from '../database/client.ts'
import { columnsOf } from '../database/columns.ts'
import type { Sql } from '../database/sql.ts'
import { type Media, Prisma } from '../generated/prisma/client.ts'

const mediaColumns = columnsOf('media', Prisma.MediaScalarFieldEnum)

/** Reads media by their ids, in any order. */
export function readMedia(sql: Sql, ids: readonly string[]): Promise<Media[]> {
  return sql<Media>(Prisma.sql`
    -- readMedia: media_pkey; for every page
    select ${mediaColumns}
    from media
    where id = any(${ids}::uuid[])`)
}

/** A media, with the facts that decide who may see it. */
export interface AttachedMedia extends Media {
  /** The room of the message that it is attached to; null when it is not attached. */
  readonly roomId: string | null
  /** True if it is the avatar of a user who is not deleted. */
  readonly isAvatar: boolean
  /** The number of the message that it is attached to; null when it is not attached. */
  readonly number: number | null
  /** True if its message or room is deleted, so that it is only kept for a report of it. */
  readonly isKept: boolean
}

/** Reads a media and where it is used; undefined when there is none. */
export async function readAttachedMedia(sql: Sql, id: string): Promise<AttachedMedia | undefined> {
  const [media] = await sql<AttachedMedia>(Prisma.sql`
    -- readAttachedMedia: media_pkey, messages_pkey, rooms_pkey and users_avatar_id_key
    select ${mediaColumns}, messages.room_id as "roomId", messages.number,
      exists (select from users where users.avatar_id = media.id and users.deleted_at is null) as "isAvatar",
      coalesce(messages.deleted_at is not null or messages.expires_at <= now() or rooms.deleted_at is not null, false)
        as "isKept"
    from media
    left join messages on messages.id = media.message_id
    left join rooms on rooms.id = messages.room_id
    where media.id = ${id}::uuid`)
  return media
}

/** Reads the attachments of messages, in order per message. */
export function readAttachments(sql: Sql, messageIds: readonly string[]): Promise<Media[]> {
  return sql<Media>(Prisma.sql`
    -- readAttachments: media_message_id_position_idx, at most attachmentsMax rows per message; for every page
    select ${mediaColumns}
    from media
    where message_id = any(${messageIds}::uuid[])
    order by message_id, position`)
}

/** Counts of a user's unused uploads. */
export interface UnusedUploads {
  /** Uploads that wait for their bytes and have not expired. */
  readonly pending: number
  /** When the oldest of these was created; null when there are none. */
  readonly pendingSince: Date | null
  /** Files that are neither attached nor an avatar. */
  readonly unused: number
}

/** Counts the unused uploads of a user. The caller has locked the user's topic. */
export async function readUnusedUploads(
  sql: Sql,
  { ownerId, pendingAfter }: { ownerId: string; pendingAfter: Date },
): Promise<UnusedUploads> {
  const [row] = await sql<UnusedUploads>(Prisma.sql`
    -- readUnusedUploads: media_owner_id_idx
    select
      count(*) filter (where uploaded_at is null and created_at > ${pendingAfter}::timestamptz)::integer as pending,
      min(created_at) filter (where uploaded_at is null and created_at > ${pendingAfter}::timestamptz) as "pendingSince",
      count(*) filter (where uploaded_at is not null or created_at > ${pendingAfter}::timestamptz)::integer as unused
    from media
    where owner_id = ${ownerId}::uuid and message_id is null
      and not exists (select from users where users.avatar_id = media.id)`)
  return row ?? { pending: 0, pendingSince: null, unused: 0 }
}

/** Sums the bytes of all files of a user. Includes pending uploads, but not thumbnails. */
export async function sumMediaBytes(db: Db, ownerId: string): Promise<number> {
  const { _sum: sums } = await db.media.aggregate({ where: { ownerId }, _sum: { bytes: true } })
  return sums.bytes ?? 0
}

/** An uploaded file that can be attached to a message or become an avatar. */
export type UsableMedia = Pick<Media, 'id' | 'ownerId' | 'name' | 'kind'>

/**
 * Reads which files can be used: uploaded, and neither attached nor an avatar.
 *
 * It locks their rows, so that no sweep deletes them. The caller has locked the topics of their owners, so that nothing
 * else uses them.
 */
export function readUsableMedia(sql: Sql, ids: readonly string[]): Promise<UsableMedia[]> {
  return sql<UsableMedia>(Prisma.sql`
    -- readUsableMedia: media_pkey and users_avatar_id_key, one row per file
    select id, owner_id as "ownerId", name, kind
    from media
    where id = any(${ids}::uuid[]) and uploaded_at is not null and message_id is null
      and not exists (select from users where users.avatar_id = media.id)
    order by id
    for no key update`)
}

/** Records files before they are stored. A sweep deletes them if the upload fails. */
export async function reserveFiles(db: Db, keys: readonly string[], dueAt: Date): Promise<void> {
  await db.mediaLeftover.createMany({ data: keys.map((storageKey) => ({ storageKey, dueAt })) })
}

/** The detected properties of an upload. */
export type Accepted = Pick<Media, 'kind' | 'mimeType' | 'bytes' | 'width' | 'height' | 'storageKey' | 'thumbnailKey'>

/**
 * Marks a media as uploaded, once.
 *
 * @returns false, and changes nothing, when it was uploaded before or no longer exists.
 */
export async function acceptBytes(sql: Sql, id: string, accepted: Accepted): Promise<boolean> {
  const { kind, mimeType, bytes, width, height, storageKey, thumbnailKey } = accepted
  const rows = await sql(Prisma.sql`
    -- acceptBytes: media_pkey and media_leftovers_pkey
    with accepted as (
      update media
      set kind = ${kind}::media_kind, mime_type = ${mimeType}, bytes = ${bytes}::integer, width = ${width}::integer, height = ${height}::integer,
        storage_key = ${storageKey}, thumbnail_key = ${thumbnailKey}, uploaded_at = now()
      where id = ${id}::uuid and uploaded_at is null
      returning storage_key, thumbnail_key
    )
    delete from media_leftovers
    using accepted
    where media_leftovers.storage_key in (accepted.storage_key, accepted.thumbnail_key)
    returning media_leftovers.storage_key`)
  return rows.length > 0
}

/** Deletes unused uploads created before a time. A trigger adds their files to the leftovers. */
export async function deleteUnusedMedia(sql: Sql, { before, take }: { before: Date; take: number }): Promise<number> {
  const rows = await sql(Prisma.sql`
    -- deleteUnusedMedia: media_created_at_idx, take rows; rows that are being attached are locked and skipped
    delete from media
    where id in (
      select id
      from media
      where message_id is null and created_at < ${before}::timestamptz
        and not exists (select from users where users.avatar_id = media.id)
      order by created_at
      limit ${take}
      for update skip locked
    )
    returning id`)
  return rows.length
}

/** Reads the keys of files that are due for deletion, the oldest first. */
export async function readLeftovers(sql: Sql, take: number): Promise<string[]> {
  const rows = await sql<{ storageKey: string }>(Prisma.sql`
    -- readLeftovers: media_leftovers_due_at_idx, take rows
    select storage_key as "storageKey"
    from media_leftovers
    where due_at <= now()
    order by due_at
    limit ${take}`)
  return rows.map((row) => row.storageKey)
}

/** Deletes leftovers whose files are deleted. */
export async function forgetLeftovers(db: Db, keys: readonly string[]): Promise<void> {
  await db.mediaLeftover.deleteMany({ where: { storageKey: { in: [...keys] } } })
}
