// Takes users who do not come back out of their rooms: guests whose last session ended, and deleted accounts.

import type { ServiceContext } from '../../access/context.ts'
import { deleteMember, topicsOfDeparture } from '../../membership/leaving/service.ts'
import { findMember } from '../../membership/queries.ts'
import type { RoomToLeave } from './queries.ts'

/** The parts of the server that removing a user from rooms needs. */
type Parts = Pick<ServiceContext, 'db' | 'clock' | 'feed' | 'config' | 'typists'>

/**
 * Removes a user who does not come back from a room. A DIRECT room is archived: the other member keeps the messages.
 *
 * @param leaving.kind how the room is told of it.
 */
export async function removeFromRoom(
  parts: Parts,
  {
    roomId,
    roomKind,
    userId,
    kind,
  }: RoomToLeave & {
    readonly userId: string
    readonly kind: 'MEMBER_LEFT' | 'MEMBER_DELETED'
  },
): Promise<void> {
  await parts.feed.write(await topicsOfDeparture(parts, { roomId, userId }), async (write) => {
    const { tx, append } = write
    if (!(await findMember(tx, { roomId, userId }))) return
    if (roomKind === 'DIRECT') {
      const { count } = await tx.room.updateMany({
        where: { id: roomId, archivedAt: null },
        data: { archivedAt: new Date() },
      })
      if (count > 0) append({ topicId: roomId, kind: 'ROOM_UPDATED', actorId: userId, subject: roomId })
    }
    await deleteMember(parts, write, { roomId, userId, actorId: userId, kind })
  })
}
