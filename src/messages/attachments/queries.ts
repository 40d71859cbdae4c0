import type { Sql } from '../../database/sql.ts'
import { type Media, Prisma } from '../../generated/prisma/client.ts'
import { readUsableMedia } from '../../media/queries.ts'

/** The files of a message to send, in their order. */
export interface Attaching {
  readonly attachmentIds: readonly string[]
}

/** A file that can be attached. */
export type AttachableFile = Pick<Media, 'ownerId' | 'name' | 'kind'>

/** Reads files that can be attached, by id. The caller has locked the topics of the authors. */
export async function readAttachable(
  sql: Sql,
  sends: readonly Attaching[],
): Promise<ReadonlyMap<string, AttachableFile>> {
  const ids = sends.flatMap(({ attachmentIds }) => attachmentIds)
  if (ids.length === 0) return new Map()
  return new Map((await readUsableMedia(sql, ids)).map((media) => [media.id, media]))
}

/** Attaches files to messages, in the order of each message. */
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
