import { z } from 'zod'
import { assertCan, assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { parseInput } from '../access/input.ts'
import { notFound } from '../errors.ts'
import type { Member } from '../generated/prisma/client.ts'

const notificationsInput = z.object({ roomId: z.uuid(), level: z.enum(['ALL', 'MENTIONS', 'NONE']) })

/**
 * Says which messages of a room the viewer wants to be told of.
 *
 * It concerns nobody else: no event tells of it, and the room is not locked.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN for who is not a member.
 */
export async function setNotifications(
  context: ServiceContext,
  input: z.input<typeof notificationsInput>,
): Promise<Member> {
  const { userId } = assertSignedIn(context)
  const { roomId, level } = parseInput(notificationsInput, input)
  await assertCan(context, { roomId, action: 'setNotifications' })
  const [member] = await context.db.member.updateManyAndReturn({
    where: { roomId, userId },
    data: { notifications: level },
  })
  context.forget()
  // taken out of the room in the meantime
  if (!member) throw notFound('room')
  return member
}
