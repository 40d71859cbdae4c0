import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** Files of a message that is on its way, in their order. */
export interface Attaching {
  readonly authorId: string
  readonly attachmentIds: readonly string[]
}

/**
 * Reads which files can be attached. They are uploaded, and neither attached nor anybody’s avatar.
 *
 * It locks their rows, so that no sweep takes them. The caller has locked the topics of the authors, so that nothing else does.
 *
 * @returns the owner of each.
 */
export async function readAttachable(sql: Sql, sends: readonly Attaching[]): Promise<ReadonlyMap<string, string>> {
  const ids = sends.flatMap(({ attachmentIds }) => attachmentIds)
  if (ids.length === 0) return new Map()
  const rows = await sql<{ id: string; ownerId: string }>(Prisma.sql`
    -- readAttachable: media_pkey and users_avatar_id_key, one row a file
    select id, owner_id as "ownerId"
    from media
    where id = any(${ids}::uuid[]) and uploaded_at is not null and message_id is null
      and not exists (select from users where users.avatar_id = media.id)
    order by id
    for no key update`)
  return new Map(rows.map((row) => [row.id, row.ownerId]))
}

/** Attaches files to messages, in the order of each message's. */
export async function attachMedia(
  sql: Sql,
  messages: readonly { readonly id: string; readonly attachmentIds: readonly string[] }[],
): Promise<void> {
  const rows = messages.flatMap(({ id, attachmentIds }) =>
    attachmentIds.map((mediaId, position) => ({ id, mediaId, position })),
  )
  if (rows.length === 0) return
  await sql(Prisma.sql`
    -- attachMedia: media_pkey, one row a file
    update media
    set message_id = attached.message_id, position = attached.position
    from unnest(
      ${rows.map((row) => row.mediaId)}::uuid[],
      ${rows.map((row) => row.id)}::uuid[],
      ${rows.map((row) => row.position)}::integer[]
    ) as attached (media_id, message_id, position)
    where media.id = attached.media_id`)
}
