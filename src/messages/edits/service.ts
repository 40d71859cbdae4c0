import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { roomPolicy } from '../../access/policy.ts'
import { limits } from '../../config/config.ts'
import type { Transaction } from '../../database/client.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { newUuidIn } from '../../database/uuid.ts'
import { AppError, badInput } from '../../errors.ts'
import { parseInput } from '../../input/parse.ts'
import { isBlank } from '../../input/text.ts'
import { findMentioned, replaceMentions } from '../mentions/service.ts'
import type { ShownMessage } from '../queries.ts'
import { writeTerms } from '../search/reindex.ts'
import { toMarks } from '../search/terms.ts'
import { findReadableMessage, getMessage, messageBody } from '../service.ts'

const editInput = z.object({ messageId: z.uuid(), body: messageBody })

/**
 * Replaces the body of a message of the viewer, and keeps the old body.
 *
 * The new body may be blank when the message has files.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN when it is by another user, CONFLICT when it is deleted, EDIT_WINDOW_CLOSED when it
 * is too old; BAD_USER_INPUT, ROOM_ARCHIVED, MUTED, BLOCKED, RATE_LIMITED.
 */
export async function editMessage(context: ServiceContext, input: z.input<typeof editInput>): Promise<ShownMessage> {
  const { userId } = assertSignedIn(context)
  const { messageId, body } = parseInput(editInput, input)
  const { roomId, authorId, replyToId } = await findReadableMessage(context, messageId)
  await context.rates.take(['editsOfUser', userId])
  // a message of another user is refused under the lock of its room only
  const mentioned =
    authorId === userId
      ? await findMentioned(context.sql, { roomId, authorId, body, replyToId })
      : { mentions: [], group: null }
  return context.feed.write([roomId, ...mentioned.mentions.map((mention) => mention.userId)], async (write) => {
    const { tx, append } = write
    const facts = await assertCan(context, { roomId, action: 'editOwnMessage', tx })
    const message = await getMessage(tx, messageId)
    assertEditable(message, { userId, windowSeconds: context.config.editWindowSeconds, now: context.clock.now() })
    if (message.body === body) return message
    if (isBlank(body) && (await tx.media.count({ where: { messageId } })) === 0)
      throw badInput('body', 'may not be blank')
    if (message.body !== null) await keepEdit(tx, message, message.body)
    append({ topicId: roomId, kind: 'MESSAGE_EDITED', actorId: userId, subject: messageId })
    const now = new Date(context.clock.now())
    const mentions = await replaceMentions(write, message, {
      mentioned,
      mayMentionGroup: roomPolicy.mentionEveryone(facts, now) === null,
      // while slow mode makes the author wait: else edits of one message could notify member after member
      mayAdd: roomPolicy.send(facts, now)?.code !== 'SLOW_MODE',
    })
    const edited = await tx.message.update({ where: { id: messageId }, data: { body, editedAt: new Date() } })
    const files = await tx.media.findMany({ where: { messageId }, orderBy: { position: 'asc' } })
    await writeTerms(sqlOfPrisma(tx), [{ id: messageId, body, files, ...toMarks(mentions) }])
    return edited
  })
}

function assertEditable(
  message: ShownMessage,
  { userId, windowSeconds, now }: { userId: string; windowSeconds: number; now: number },
): void {
  if (message.authorId !== userId || message.kind !== 'TEXT') {
    throw new AppError('FORBIDDEN', 'Only its author may edit a message.')
  }
  if (message.deletedAt) throw new AppError('CONFLICT', 'The message is deleted and can no longer be edited.')
  if (windowSeconds > 0 && now > message.createdAt.getTime() + windowSeconds * 1_000) {
    throw new AppError('EDIT_WINDOW_CLOSED', `A message can be edited for ${windowSeconds} seconds. Send a new one.`)
  }
}

/** Stores a former body. Beyond the limit the oldest is deleted. */
async function keepEdit(tx: Transaction, { id: messageId, roomId }: ShownMessage, body: string): Promise<void> {
  await tx.messageEdit.create({ data: { id: newUuidIn(roomId), messageId, body } })
  const dropped = await tx.messageEdit.findMany({
    where: { messageId },
    orderBy: [{ replacedAt: 'desc' }, { id: 'desc' }],
    skip: limits.editsKeptMax,
    select: { id: true },
  })
  if (dropped.length > 0) await tx.messageEdit.deleteMany({ where: { id: { in: dropped.map(({ id }) => id) } } })
}
