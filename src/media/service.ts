// Creates uploads, and decides who may see them. uploads.ts receives the bytes.

import { z } from 'zod'
import { assertCanFind, assertSignedIn } from '../access/access.ts'
import type { MediaLink, ServiceContext } from '../access/context.ts'
import { limits } from '../config/config.ts'
import { mediaLimits } from '../config/media.ts'
import type { Transaction } from '../database/client.ts'
import { sqlOfPrisma } from '../database/sql.ts'
import { AppError, notFound } from '../errors.ts'
import type { Media, Prisma } from '../generated/prisma/client.ts'
import { parseInput } from '../input/parse.ts'
import { nameText } from '../input/text.ts'
import { baseType, kindOfType, opaqueType } from './file-types.ts'
import { readAttachedMedia, readAttachments, readMedia, readUnusedUploads, sumMediaBytes } from './queries.ts'
import { newStorageKey } from './storage/storage.ts'

const createUploadInput = z.object({
  name: nameText(limits.mediaNameLengthMax).refine((name) => !/[/\\]/.test(name), 'may not contain slashes'),
  mimeType: z
    .string()
    .max(limits.mimeTypeLengthMax, `may have at most ${limits.mimeTypeLengthMax} characters`)
    // browsers name no type of endings that they do not know
    .transform((type) => baseType(type) || opaqueType)
    .refine((type) => /^[a-z0-9][\w!#$&^.+-]*\/[a-z0-9][\w!#$&^.+-]*$/.test(type), 'is not a type such as image/png'),
  bytes: z.int().min(1, 'must be at least 1'),
})

/** A media that waits for its bytes, and its upload URL. */
export interface Upload {
  readonly media: Media
  readonly link: MediaLink
}

/**
 * Creates an upload. The client then sends the bytes to the URL, before it expires.
 *
 * @throws AppError BAD_USER_INPUT; UPLOAD_TOO_LARGE for the file, or for all files of the user;
 * RATE_LIMITED when too many uploads wait, or were created recently.
 */
export async function createUpload(context: ServiceContext, input: z.input<typeof createUploadInput>): Promise<Upload> {
  const { userId: ownerId } = assertSignedIn(context)
  const { name, mimeType, bytes } = parseInput(createUploadInput, input)
  const { uploadBytesMax, bytesPerUserMax } = context.config.media
  if (bytes > uploadBytesMax)
    throw new AppError('UPLOAD_TOO_LARGE', `A file may have at most ${uploadBytesMax} bytes. Send a smaller one.`)
  const kind = kindOfType(mimeType)
  await context.rates.take(['uploadsOfUser', ownerId])
  // under the lock of the user, so that concurrent uploads are counted
  const media = await context.feed.write([ownerId], async ({ tx }) => {
    const pendingAfter = new Date(context.clock.now() - mediaLimits.uploadUrlMs)
    const { pending, pendingSince, unused } = await readUnusedUploads(sqlOfPrisma(tx), { ownerId, pendingAfter })
    if (pending >= limits.uploadsPendingMax || unused >= limits.uploadsUnusedMax) {
      const retryAfterMs = pendingSince ? pendingSince.getTime() - pendingAfter.getTime() : mediaLimits.uploadUrlMs
      throw new AppError('RATE_LIMITED', 'You have too many unused uploads. Use them, or wait.', {
        retryAfterMs: Math.max(1, retryAfterMs),
      })
    }
    if ((await sumMediaBytes(tx, ownerId)) + bytes > bytesPerUserMax) {
      const reason = `Your files may have ${bytesPerUserMax} bytes in total, and this file would exceed that.`
      throw new AppError('UPLOAD_TOO_LARGE', `${reason} Delete messages with files first.`)
    }
    return tx.media.create({ data: { ownerId, name, mimeType, kind, bytes, storageKey: newStorageKey() } })
  })
  return { media, link: context.media.linkTo('upload', media.id) }
}

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
