import type { Sql } from '../../database/sql.ts'
import { Prisma, type RoomKind } from '../../generated/prisma/client.ts'

/** A room that a user is in. */
export interface RoomToLeave {
  readonly roomId: string
  readonly roomKind: RoomKind
}

/** Reads rooms that a user is in. Without deleted rooms, whose deletion removes their members. */
export function readRoomsToLeave(sql: Sql, userId: string, take: number): Promise<RoomToLeave[]> {
  return sql<RoomToLeave>(Prisma.sql`
    -- readRoomsToLeave: members_user_id_idx and rooms_pkey
    select members.room_id as "roomId", rooms.kind as "roomKind"
    from members
    join rooms on rooms.id = members.room_id
    where members.user_id = ${userId}::uuid and rooms.deleted_at is null
    limit ${take}`)
}
