// Deletes messages: one, or many of one author in short transactions. Every other deletion of messages, such as by age or
// after a report, calls `buryMessages`.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { erasingLimits } from '../../config/messages.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { AppError } from '../../errors.ts'
import type { Write } from '../../feed/write.ts'
import type { Ban, MessageDeleter } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { deleteAttachments } from '../../media/service.ts'
import { type BanMember, banMember } from '../../membership/bans/service.ts'
import { addUncounted } from '../../rooms/uncounted/queries.ts'
import type { ShownMessage } from '../queries.ts'
import { findReadableMessage, getMessage } from '../service.ts'
import { keepLiving, makeTombstones, type OwnMessagesQuery, readOwnMessages } from './queries.ts'

/**
 * Deletes a message. A tombstone with its number stays.
 *
 * Its body, edits, reactions, mentions and files are removed.
 *
 * Deleting it again changes nothing. Its author may do it also after leaving the room, and when banned from it.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN when it is by another user and may not be moderated, or is a system message.
 */
export async function deleteMessage(context: ServiceContext, input: { messageId: string }): Promise<ShownMessage> {
  const viewer = assertSignedIn(context)
  const { messageId } = input
  const { roomId, authorId, kind } = await findDeletable(context, messageId)
  const action = authorId === viewer.userId && kind === 'TEXT' ? 'deleteOwnMessage' : 'moderateMessages'
  const { deleted, files } = await context.feed.write([roomId], async (write) => {
    const { tx } = write
    await assertCan(context, { roomId, action, tx })
    if (kind !== 'TEXT') throw new AppError('FORBIDDEN', 'System messages cannot be deleted.')
    const message = await getMessage(tx, messageId)
    if (message.deletedAt) return { deleted: message, files: [] }
    const by = action === 'deleteOwnMessage' ? 'AUTHOR' : 'MODERATOR'
    const keys = await buryMessages(write, { roomId, messageIds: [messageId], actorId: viewer.userId, by })
    return { deleted: await getMessage(tx, messageId), files: keys }
  })
  await context.media.removeFiles(files)
  return deleted
}

/** Finds a message that the viewer wrote, wherever it is, or that they may read. */
async function findDeletable(context: ServiceContext, messageId: string): Promise<ShownMessage> {
  const { userId } = assertSignedIn(context)
  const message = await context.db.message.findUnique({ where: { id: messageId, room: { deletedAt: null } } })
  const isOwn = message?.authorId === userId && message.kind === 'TEXT'
  return isOwn ? message : findReadableMessage(context, messageId)
}

/** Messages of one room to delete. */
export interface Burial {
  readonly roomId: string
  readonly messageIds: readonly string[]
  readonly actorId: string | null
  readonly by: MessageDeleter | null
}

/**
 * Turns messages that are not deleted yet into tombstones.
 *
 * They are of one room, whose topic is locked.
 *
 * @param burial.actorId null when no user did it.
 * @param burial.by who deleted them, as `Message.deletedBy`; null when they ended by themselves.
 * @returns the keys of files to remove after the commit.
 */
export async function buryMessages(
  { tx, append }: Write,
  { roomId, messageIds, actorId, by }: Burial,
): Promise<string[]> {
  const ids = [...messageIds]
  const where = { messageId: { in: ids } }
  await tx.messageEdit.deleteMany({ where })
  await tx.reaction.deleteMany({ where })
  await tx.mention.deleteMany({ where })
  await tx.groupMention.deleteMany({ where })
  const files = await deleteAttachments(tx, ids)
  for (const subject of ids) append({ topicId: roomId, kind: 'MESSAGE_DELETED', actorId, subject })
  const buried = await makeTombstones(sqlOfPrisma(tx), ids, by)
  await addUncounted(sqlOfPrisma(tx), { roomId, numbers: buried.map(({ number }) => number) })
  return files
}

/** The parts of the server that deleting messages needs. */
type Parts = Pick<ServiceContext, 'db' | 'feed' | 'media'>

/** The messages to delete, and who does it. */
export interface Erasing extends Omit<OwnMessagesQuery, 'take'>, Pick<Burial, 'actorId' | 'by'> {}

/** How many messages were deleted, and whether there may be more. */
export interface Erased {
  readonly count: number
  readonly hasMore: boolean
}

/**
 * Deletes the newest messages of an author, up to `erasingLimits.messagesMax`.
 *
 * Each transaction deletes a few of one room, so that others can write to it meanwhile.
 */
export async function eraseMessages({ db, feed, media }: Parts, { actorId, by, ...wanted }: Erasing): Promise<Erased> {
  const { messagesMax, messagesPerWriteMax } = erasingLimits
  const found = await readOwnMessages(db, { ...wanted, take: messagesMax + 1 })
  let count = 0
  for (const [roomId, messages] of Map.groupBy(found.slice(0, messagesMax), (message) => message.roomId)) {
    for (let start = 0; start < messages.length; start += messagesPerWriteMax) {
      const ids = messages.slice(start, start + messagesPerWriteMax).map(({ id }) => id)
      const { files, deleted } = await feed.write([roomId], async (write) => {
        const messageIds = await keepLiving(write.tx, ids)
        return { deleted: messageIds.length, files: await buryMessages(write, { roomId, messageIds, actorId, by }) }
      })
      await media.removeFiles(files)
      count += deleted
    }
  }
  return { count, hasMore: found.length > messagesMax }
}

const eraseInput = z.object({ roomId: z.uuid() })

/**
 * Deletes the viewer's messages in a room.
 *
 * Also after they left it or were banned from it. None in a room that does not exist.
 *
 * @throws AppError UNAUTHENTICATED, RATE_LIMITED.
 */
export async function deleteMyMessages(context: ServiceContext, input: z.input<typeof eraseInput>): Promise<Erased> {
  const { userId } = assertSignedIn(context)
  const { roomId } = parseInput(eraseInput, input)
  await context.rates.take(['erasuresOfUser', userId])
  return eraseMessages(context, { authorId: userId, roomId, since: null, actorId: userId, by: 'AUTHOR' })
}

/** A ban, and of how many hours the messages of the banned user go with it. */
export interface BanAndPurge extends BanMember {
  readonly deleteMessagesOfHours?: number | null | undefined
}

const purgeHours = z
  .int()
  .min(1, 'must be from 1')
  .max(erasingLimits.purgeHoursMax, `may be at most ${erasingLimits.purgeHoursMax}`)
const purgeInput = z.object({ deleteMessagesOfHours: purgeHours.nullish() })

/**
 * Bans a user from a room, and may delete their messages of the last hours.
 *
 * @throws AppError as `banMember`.
 */
export async function banAndPurge(
  context: ServiceContext,
  { deleteMessagesOfHours, ...input }: BanAndPurge,
): Promise<Ban> {
  const { userId: actorId } = assertSignedIn(context)
  const { deleteMessagesOfHours: hours } = parseInput(purgeInput, { deleteMessagesOfHours })
  const ban = await banMember(context, input)
  if (!hours) return ban
  const since = new Date(context.clock.now() - hours * 3_600_000)
  await eraseMessages(context, { authorId: ban.userId, roomId: ban.roomId, since, actorId, by: 'MODERATOR' })
  return ban
}
