import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { badInput, notFound } from '../../errors.ts'
import type { Member } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { hintToMember } from '../notifications/service.ts'
import { findMember } from '../queries.ts'
import { readUnreadTotals, setUnreadFrom, type UnreadTotals } from './queries.ts'

/** Counts the unread messages of the viewer, over all rooms. */
export function countUnread(context: ServiceContext): Promise<UnreadTotals> {
  return readUnreadTotals(context.sql, assertSignedIn(context).userId)
}

const markUnreadInput = z.object({ roomId: z.uuid(), number: z.int().min(1, 'must be from 1') })

/**
 * Marks the messages of a room as unread by the viewer, from a number on. Receipts stay as they are.
 *
 * It lasts until the viewer reads beyond it, or sends a message to the room.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN unless the viewer is a member, BAD_USER_INPUT beyond the newest message and before the
 * first that the viewer may read.
 */
export async function markUnread(context: ServiceContext, input: z.input<typeof markUnreadInput>): Promise<Member> {
  const { userId } = assertSignedIn(context)
  const { roomId, number } = parseInput(markUnreadInput, input)
  const member = await context.feed.write([], async ({ tx, hint }) => {
    const { topic, member: own } = await assertCan(context, { roomId, action: 'markRead', tx })
    const first = (own?.historyFrom ?? 0) + 1
    if (number < first) throw badInput('number', `is before the first message that you may read, which is ${first}`)
    if (number > topic.lastNumber)
      throw badInput('number', `is beyond the newest message, which is ${topic.lastNumber}`)
    await setUnreadFrom(tx, { roomId, userId, number })
    hint(hintToMember({ roomId, userId }))
    return findMember(tx, { roomId, userId })
  })
  context.forget()
  // the viewer was removed from the room in the meantime
  if (!member) throw notFound('room')
  return member
}
