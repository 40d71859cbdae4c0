import type { Sql } from '../../database/sql.ts'
import { type Ban, Prisma } from '../../generated/prisma/client.ts'
import { beyond, type Keyset } from '../../input/keyset.ts'

/** Selects a page of the bans of a room. */
export interface BansQuery {
  roomId: string
  take: number
  /** The ban after which the page begins. */
  after: Keyset | null
}

/** Reads the active bans of a room, newest first. */
export function readBans(sql: Sql, { roomId, take, after }: BansQuery): Promise<Ban[]> {
  return sql<Ban>(Prisma.sql`
    -- readBans: bans_room_id_created_at_user_id_idx, take rows and the expired ones between them
    select room_id as "roomId", user_id as "userId", banned_by_id as "bannedById", reason,
      created_at as "createdAt", expires_at as "expiresAt"
    from bans
    where room_id = ${roomId}::uuid
      and (expires_at is null or expires_at > now())
      ${beyond(Prisma.sql`(created_at, user_id) <`, after)}
    order by created_at desc, user_id desc
    limit ${take}`)
}
