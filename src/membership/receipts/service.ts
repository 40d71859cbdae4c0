// Read and delivered markers of members. Who has read a message is in messages/receipts/.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { Reach, ServiceContext } from '../../access/context.ts'
import { badInput, notFound } from '../../errors.ts'
import type { Member } from '../../generated/prisma/client.ts'
import { parseKeyset } from '../../input/keyset.ts'
import { parseInput } from '../../input/parse.ts'
import { hintToMember } from '../notifications/service.ts'
import type { ListQuery } from '../service.ts'
import { type RecipientsQuery, readRecipients } from './queries.ts'

const markInput = z.object({ roomId: z.uuid(), number: z.int().min(0, 'may not be negative') })

/** The read marker to set. */
export type SetMark = z.input<typeof markInput>

/**
 * Marks the messages of a room as read by the viewer, up to a number. Markers never go back.
 *
 * Read messages are delivered too: `moveMarks` moves both markers.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN unless the viewer is a member, BAD_USER_INPUT beyond the newest message.
 */
export function markRead(context: ServiceContext, input: SetMark): Promise<Member> {
  return setMark(context, input, true)
}

/**
 * Marks the messages of a room as delivered to the viewer, up to a number. Markers never go back.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN unless the viewer is a member, BAD_USER_INPUT beyond the newest message.
 */
export function markDelivered(context: ServiceContext, input: SetMark): Promise<Member> {
  return setMark(context, input, false)
}

async function setMark(context: ServiceContext, input: SetMark, isRead: boolean): Promise<Member> {
  const { userId } = assertSignedIn(context)
  const { roomId, number } = parseInput(markInput, input)
  const marked = await context.receipts.mark({ roomId, userId, number, isRead })
  context.forget()
  if (!marked) {
    // the statement finds only members: find the error for everybody else
    await assertCan(context, { roomId, action: 'markRead' })
    throw notFound('room')
  }
  const { member, lastNumber, hasMoved, showsReceipts } = marked
  if (number > lastNumber) throw badInput('number', `is beyond the newest message, which is ${lastNumber}`)
  if (!hasMoved) return member
  if (showsReceipts) {
    context.feed.hint({ topicId: roomId, kind: 'RECEIPT_ADVANCED', subject: userId, actorId: userId, value: 0 })
  }
  // the viewer's other devices show the unread count
  if (isRead) context.feed.hint(hintToMember({ roomId, userId }))
  return member
}

/** Selects a page of the receipts of a message. */
interface RecipientsPage extends ListQuery, Pick<RecipientsQuery, 'roomId' | 'authorId'> {
  sentAt: Date
}

/**
 * Formats the key of a page of a message's recipients for `recipientsByKeys`.
 *
 * @throws AppError BAD_USER_INPUT for a cursor of another list.
 */
export function recipientsKey({ keyset, sentAt, ...page }: RecipientsPage): string {
  return JSON.stringify({ ...page, sentAt, after: parseKeyset(keyset) })
}

/** Loads recipients of messages by keys of `recipientsKey`, in order of joining. */
export function recipientsByKeys({ sql }: ServiceContext, keys: readonly string[]): Promise<Member[][]> {
  // dates are text in JSON, as in the query
  return readRecipients(
    sql,
    keys.map((key) => JSON.parse(key) as RecipientsQuery),
  )
}

/** Tells how far a message has come to one recipient. */
export function reachOf(member: Member, number: number): Reach {
  if (member.lastReadNumber >= number) return 'READ'
  return member.lastDeliveredNumber >= number ? 'DELIVERED' : 'SENT'
}
