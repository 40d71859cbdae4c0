import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { AppError } from '../../errors.ts'
import { parseInput } from '../../input/parse.ts'
import type { AuthoredMessage, ShownMessage } from '../queries.ts'
import { findReadableMessage, getMessage } from '../service.ts'
import { readPinned } from './queries.ts'

const pinInput = z.object({ messageId: z.uuid() })

/** The message to pin or unpin. */
export type PinInput = z.input<typeof pinInput>

/**
 * Pins a message in its room. Pinning it again changes nothing.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, ROOM_ARCHIVED, BLOCKED; CONFLICT when it is deleted, or the room has the maximum of
 * pins.
 */
export async function pinMessage(context: ServiceContext, input: PinInput): Promise<ShownMessage> {
  const { userId } = assertSignedIn(context)
  const { messageId } = parseInput(pinInput, input)
  const { roomId } = await findReadableMessage(context, messageId)
  return context.feed.write([roomId], async ({ tx, append }) => {
    await assertCan(context, { roomId, action: 'pinMessages', tx })
    const message = await getMessage(tx, messageId)
    if (message.deletedAt) throw new AppError('CONFLICT', 'The message is deleted and cannot be pinned.')
    if (message.pinnedAt) return message
    const pinned = await tx.message.count({ where: { roomId, pinnedAt: { not: null } } })
    if (pinned >= limits.pinnedMax) {
      throw new AppError('CONFLICT', `A room has at most ${limits.pinnedMax} pinned messages. Unpin one first.`)
    }
    append({ topicId: roomId, kind: 'MESSAGE_PINNED', actorId: userId, subject: messageId })
    return tx.message.update({ where: { id: messageId }, data: { pinnedAt: new Date(), pinnedById: userId } })
  })
}

/**
 * Unpins a message. Without a pin nothing changes.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, ROOM_ARCHIVED, BLOCKED
 */
export async function unpinMessage(context: ServiceContext, input: PinInput): Promise<ShownMessage> {
  const { userId } = assertSignedIn(context)
  const { messageId } = parseInput(pinInput, input)
  const { roomId } = await findReadableMessage(context, messageId)
  return context.feed.write([roomId], async ({ tx, append }) => {
    await assertCan(context, { roomId, action: 'pinMessages', tx })
    const message = await getMessage(tx, messageId)
    if (!message.pinnedAt) return message
    append({ topicId: roomId, kind: 'MESSAGE_UNPINNED', actorId: userId, subject: messageId })
    return tx.message.update({ where: { id: messageId }, data: { pinnedAt: null, pinnedById: null } })
  })
}

/** Loads the pinned messages of rooms, newest pin first. It does not check access. */
export function pinnedByRoomIds({ sql }: ServiceContext, roomIds: readonly string[]): Promise<AuthoredMessage[][]> {
  return readPinned(sql, roomIds, limits.pinnedMax)
}
