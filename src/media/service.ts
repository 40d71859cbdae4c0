// Decides who may see a media, and deletes media. Uploading is in uploads/.

import { assertCanFind, assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import type { Transaction } from '../database/client.ts'
import { notFound } from '../errors.ts'
import type { Media, Prisma } from '../generated/prisma/client.ts'
import { readAttachedMedia, readAttachments, readMedia } from './queries.ts'

/**
 * Finds a media that the viewer may see.
 *
 * Visible media are those of the viewer, those in rooms that the viewer can read, and avatars. Files of a deleted message,
 * which are kept for a report of it, are visible to those who moderate the room, and not to their owner; in a deleted room
 * nobody does.
 *
 * @throws AppError UNAUTHENTICATED, NOT_FOUND for a media that does not exist or that the viewer may not see.
 */
export async function findVisibleMedia(context: ServiceContext, mediaId: string): Promise<Media> {
  const viewer = assertSignedIn(context)
  const media = await readAttachedMedia(context.sql, mediaId)
  if (media?.isKept) {
    await assertCanFind(context, { roomId: media.roomId ?? mediaId, action: 'moderateMessages', what: 'media' })
    return media
  }
  if (media && (media.ownerId === viewer.userId || media.isAvatar)) return media
  // a missing media takes as long as a hidden one, so that existence does not leak: no room has the id of a media
  await assertCanFind(context, { roomId: media?.roomId ?? mediaId, action: 'read', what: 'media' })
  if (!media) throw notFound('media')
  const { member } = (await context.roomFacts.load(media.roomId ?? mediaId)) ?? {}
  if (member && media.number !== null && media.number <= member.historyFrom) throw notFound('media')
  return media
}

/** Loads media by their ids, in their order. Null when there is none, or it has not been uploaded. */
export async function mediaByIds({ sql }: Pick<ServiceContext, 'sql'>, ids: readonly string[]) {
  const byId = new Map((await readMedia(sql, ids)).map((media) => [media.id, media]))
  return ids.map((id) => {
    const media = byId.get(id)
    return media?.uploadedAt ? media : null
  })
}

/** Loads the attachments of messages, in the order of the message ids. */
export async function attachmentsByMessageIds(
  { sql }: Pick<ServiceContext, 'sql'>,
  messageIds: readonly string[],
): Promise<Media[][]> {
  const byMessage = Map.groupBy(await readAttachments(sql, messageIds), (media) => media.messageId)
  return messageIds.map((id) => byMessage.get(id) ?? [])
}

/**
 * Deletes the attachments of messages, whose room the caller has locked. Those of messages with an open report stay.
 *
 * @returns the keys of their files, to be removed after COMMIT.
 */
export function deleteAttachments(tx: Transaction, messageIds: readonly string[]): Promise<string[]> {
  return deleteMedia(tx, {
    messageId: { in: [...messageIds] },
    message: { reports: { none: { resolvedAt: null } } },
  })
}

/** Deletes media. Returns the keys of their files, to be removed after COMMIT. */
export async function deleteMedia(tx: Transaction, where: Prisma.MediaWhereInput): Promise<string[]> {
  const media = await tx.media.findMany({ where, select: { storageKey: true, thumbnailKey: true } })
  if (media.length > 0) await tx.media.deleteMany({ where })
  return media.flatMap(({ storageKey, thumbnailKey }) => (thumbnailKey ? [storageKey, thumbnailKey] : [storageKey]))
}
