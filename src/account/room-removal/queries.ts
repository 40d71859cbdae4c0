import type { Db } from '../../database/client.ts'
import type { RoomKind } from '../../generated/prisma/client.ts'

/** A room that a user is in. */
export interface RoomToLeave {
  readonly roomId: string
  readonly roomKind: RoomKind
}

/** Reads rooms that a user is in. Without deleted rooms, whose deletion removes their members. */
export async function readRoomsToLeave(db: Db, userId: string, take: number): Promise<RoomToLeave[]> {
  const rows = await db.member.findMany({
    where: { userId, room: { deletedAt: null } },
    select: { roomId: true, room: { select: { kind: true } } },
    take,
  })
  return rows.map(({ roomId, room }) => ({ roomId, roomKind: room.kind }))
}
