// Creates uploads, within the limits of a user. receiver.ts receives the bytes.

import { z } from 'zod'
import { assertSignedIn } from '../../access/access.ts'
import type { MediaLink, ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { mediaLimits } from '../../config/media.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { AppError } from '../../errors.ts'
import type { Media } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { nameText } from '../../input/text.ts'
import { baseType, kindOfType, opaqueType } from '../file-types.ts'
import { readUnusedUploads, sumMediaBytes } from '../queries.ts'
import { newStorageKey } from '../storage/storage.ts'

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
