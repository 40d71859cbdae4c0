// Ownership of a room: passed on by the owner, or to an heir when the owner leaves. The operator's hand-over is in hand-over/.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { assertSessionProven } from '../../auth/sessions/service.ts'
import { badInput, notFound } from '../../errors.ts'
import type { Write } from '../../feed/write.ts'
import type { Member } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import { appendSystemMessages } from '../../rooms/system-messages.ts'
import { findMember } from '../queries.ts'
import { changeRole } from '../roles/service.ts'

const transferInput = z.object({ roomId: z.uuid(), userId: z.uuid() })

/** The two members whose roles changed in a transfer. */
export interface Transfer {
  readonly owner: Member
  readonly formerOwner: Member
}

/**
 * Makes another member the owner of a room, and the viewer an admin. A mute of the new owner ends.
 *
 * @throws AppError NOT_FOUND, also when the user is not a member; FORBIDDEN when the viewer is not the owner,
 * or the session was opened with only the username; BAD_USER_INPUT for the viewer.
 */
export async function transferOwnership(
  context: ServiceContext,
  input: z.input<typeof transferInput>,
): Promise<Transfer> {
  const { userId: actorId, sessionId } = assertSignedIn(context)
  const { roomId, userId } = parseInput(transferInput, input)
  return context.feed.write([roomId], async (write) => {
    await assertCan(context, { roomId, action: 'manageRoles', tx: write.tx })
    await assertSessionProven(context, write.tx, sessionId)
    if (userId === actorId) throw badInput('userId', 'is yourself: you own the room')
    if (!(await findMember(write.tx, { roomId, userId }))) throw notFound('member')
    // members_room_id_owner_key allows one owner: the old one is demoted first
    const formerOwner = await changeRole(write, { roomId, userId: actorId, actorId, role: 'ADMIN' })
    const owner = await changeRole(write, { roomId, userId, actorId, role: 'OWNER' })
    await appendSystemMessages(context, write, { roomId, actorId, action: 'OWNER_CHANGED', subjectIds: [userId] })
    return { owner, formerOwner }
  })
}

/**
 * Makes the oldest admin, or else the oldest member, the owner of a room.
 *
 * The room has no owner, and the caller has locked its topic. An empty room gets no owner.
 */
export async function appointHeir(
  context: Pick<ServiceContext, 'config'>,
  write: Write,
  { roomId, actorId }: { roomId: string; actorId: string },
): Promise<void> {
  // the roles are ordered from OWNER to MEMBER
  const heir = await write.tx.member.findFirst({
    where: { roomId },
    orderBy: [{ role: 'asc' }, { joinedAt: 'asc' }, { userId: 'asc' }],
  })
  if (!heir) return
  await changeRole(write, { roomId, userId: heir.userId, actorId, role: 'OWNER' })
  await appendSystemMessages(context, write, { roomId, actorId, action: 'OWNER_CHANGED', subjectIds: [heir.userId] })
}
