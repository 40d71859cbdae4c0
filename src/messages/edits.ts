import { z } from 'zod'
import { assertCan, assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { parseInput } from '../access/input.ts'
import { AppError } from '../errors.ts'
import type { Message } from '../generated/prisma/client.ts'
import { findReadableMessage, getMessage, messageBody } from './service.ts'

const editInput = z.object({ messageId: z.uuid(), body: messageBody })

/**
 * Replaces the body of one's own message, keeping what it said before.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN when it is not one's own, CONFLICT when it is deleted.
 */
export async function editMessage(context: ServiceContext, input: z.input<typeof editInput>): Promise<Message> {
  const viewer = assertSignedIn(context)
  const { messageId, body } = parseInput(editInput, input)
  const { roomId } = await findReadableMessage(context, messageId)
  return context.feed.write([roomId], async ({ tx, append }) => {
    await assertCan(context, { roomId, action: 'editOwnMessage', tx })
    const message = await getMessage(tx, messageId)
    if (message.authorId !== viewer.userId) throw new AppError('FORBIDDEN', 'Only its author may edit a message.')
    if (message.deletedAt) throw new AppError('CONFLICT', 'The message is deleted.')
    if (message.body === body) return message
    if (message.body !== null) await tx.messageEdit.create({ data: { messageId, body: message.body } })
    append({ topicId: roomId, kind: 'MESSAGE_EDITED', actorId: viewer.userId, subject: messageId })
    return tx.message.update({ where: { id: messageId }, data: { body, editedAt: new Date() } })
  })
}

/**
 * Deletes a message: a tombstone with its number stays; body and edits are gone.
 *
 * Deleting it again changes nothing.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN when it is neither one's own nor may be moderated.
 */
export async function deleteMessage(context: ServiceContext, input: { messageId: string }): Promise<Message> {
  const viewer = assertSignedIn(context)
  const { messageId } = input
  const { roomId, authorId } = await findReadableMessage(context, messageId)
  const action = authorId === viewer.userId ? 'deleteOwnMessage' : 'moderateMessages'
  return context.feed.write([roomId], async ({ tx, append }) => {
    await assertCan(context, { roomId, action, tx })
    const message = await getMessage(tx, messageId)
    if (message.deletedAt) return message
    await tx.messageEdit.deleteMany({ where: { messageId } })
    await tx.reaction.deleteMany({ where: { messageId } })
    append({ topicId: roomId, kind: 'MESSAGE_DELETED', actorId: viewer.userId, subject: messageId })
    return tx.message.update({
      where: { id: messageId },
      data: { body: null, fingerprint: null, deletedAt: new Date(), pinnedAt: null, pinnedById: null },
    })
  })
}
