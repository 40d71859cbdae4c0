import type { Sql } from '../database/sql.ts'
import { Prisma, type User } from '../generated/prisma/client.ts'

/** Reads users by their ids, in any order. Plain SQL, because every message and event asks for its author. */
export function readUsers(sql: Sql, ids: readonly string[]): Promise<User[]> {
  return sql<User>(Prisma.sql`
    -- readUsers: users_pkey
    select id, username, display_name as "displayName", bio, avatar_id as "avatarId", email, phone,
      is_guest as "isGuest", direct_message_policy as "directMessagePolicy", last_seen_at as "lastSeenAt",
      created_at as "createdAt", updated_at as "updatedAt", deleted_at as "deletedAt"
    from users
    where id = any(${ids}::uuid[])`)
}
