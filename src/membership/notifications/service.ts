// The notification level of a member. Who is mentioned is in messages/mentions/, the count in membership/unread/.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { notFound } from '../../errors.ts'
import type { NewHint } from '../../feed/hints/hint-queue.ts'
import type { Member } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { findMember, type MemberKey } from '../queries.ts'

const notificationsInput = z.object({
  roomId: z.uuid(),
  level: z.enum(['ALL', 'MENTIONS', 'NONE']),
  /** Null for no change. */
  mentionedByReplies: z.boolean().nullish(),
})

/**
 * Sets the notification level of the viewer in a room. An unchanged level appends no event.
 *
 * Only the viewer's own devices are notified, and the room is not locked.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN unless the viewer is a member.
 */
export async function setNotifications(
  context: ServiceContext,
  input: z.input<typeof notificationsInput>,
): Promise<Member> {
  const { userId } = assertSignedIn(context)
  const { roomId, level, mentionedByReplies } = parseInput(notificationsInput, input)
  const member = await context.feed.write([userId], async ({ tx, append }) => {
    await assertCan(context, { roomId, action: 'setNotifications', tx })
    const member = await findMember(tx, { roomId, userId })
    if (!member) return member
    const wanted = { notifications: level, mentionedByReplies: mentionedByReplies ?? member.mentionedByReplies }
    if (member.notifications === level && member.mentionedByReplies === wanted.mentionedByReplies) return member
    append({ topicId: userId, kind: 'NOTIFICATIONS_CHANGED', actorId: userId, subject: roomId })
    return tx.member.update({ where: { roomId_userId: { roomId, userId } }, data: wanted })
  })
  context.forget()
  // the viewer was removed from the room in the meantime
  if (!member) throw notFound('room')
  return member
}

/** Builds the hint that makes a member's devices refetch the membership. */
export const hintToMember = ({ roomId, userId }: MemberKey): NewHint => ({
  ...{ topicId: userId, kind: 'ROOM_ADVANCED', subject: roomId },
  ...{ actorId: null, value: 0 },
})
