import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

/** Reads deleted accounts whose deletion is not finished, the oldest first. */
export async function readUnfinished(sql: Sql, take: number): Promise<string[]> {
  const rows = await sql<{ user_id: string }>(Prisma.sql`
    -- readUnfinished: account_deletions_created_at_idx, take rows
    select user_id
    from account_deletions
    order by created_at
    limit ${take}`)
  return rows.map((row) => row.user_id)
}

/** Whether an account was deleted at least `ageMs` ago. */
export async function isSettled(sql: Sql, userId: string, ageMs: number): Promise<boolean> {
  const rows = await sql(Prisma.sql`
    -- isSettled: account_deletions_pkey
    select 1
    from account_deletions
    where user_id = ${userId}::uuid and created_at <= now() - ${ageMs} * interval '1 millisecond'`)
  return rows.length > 0
}

/** Reads the other users of all friendships and requests of a user, in any order. */
export async function readTies(sql: Sql, userId: string, take: number): Promise<string[]> {
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- readTies: friendships_pkey and friendships_high_id_idx, take rows of each
    (select high_id as id from friendships where low_id = ${userId}::uuid limit ${take})
    union all
    (select low_id as id from friendships where high_id = ${userId}::uuid limit ${take})
    limit ${take}`)
  return rows.map((row) => row.id)
}

/** Deletes the friendships and requests of a user with others. Returns the ids of those with whom there was one. */
export async function deleteTies(sql: Sql, userId: string, otherIds: readonly string[]): Promise<string[]> {
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- deleteTies: friendships_pkey, one row per user
    delete from friendships
    where (low_id, high_id) in (
      select least(${userId}::uuid, other.id), greatest(${userId}::uuid, other.id)
      from unnest(${otherIds}::uuid[]) as other (id)
    )
    returning case low_id when ${userId}::uuid then high_id else low_id end as id`)
  return rows.map((row) => row.id)
}

/** Whether the messages of a deleted account are to be deleted too. */
export async function readErasesMessages(sql: Sql, userId: string): Promise<boolean> {
  const rows = await sql(Prisma.sql`
    -- readErasesMessages: account_deletions_pkey
    select 1
    from account_deletions
    where user_id = ${userId}::uuid and erases_messages`)
  return rows.length > 0
}

/** Whether a user is in any room, including deleted ones. */
export async function isMember(sql: Sql, userId: string): Promise<boolean> {
  const rows = await sql(Prisma.sql`
    -- isMember: members_user_id_idx
    select 1
    from members
    where user_id = ${userId}::uuid
    limit 1`)
  return rows.length > 0
}

/** Statements that delete the traces of a user in rooms. Each deletes up to `take` rows, with a result per row. */
export const eraseStatements = (userId: string, take: number): readonly Prisma.Sql[] => [
  Prisma.sql`
    -- eraseVisits: room_visits_user_id_idx
    delete from room_visits
    where id in (select id from room_visits where user_id = ${userId}::uuid limit ${take})
    returning 1`,
  Prisma.sql`
    -- eraseSaved: saved_messages_user_id_saved_at_message_id_idx
    delete from saved_messages
    where user_id = ${userId}::uuid
      and message_id in (select message_id from saved_messages where user_id = ${userId}::uuid limit ${take})
    returning 1`,
  Prisma.sql`
    -- eraseAddresses: audit_events_user_id_id_idx and audit_events_actor_id_id_idx, take rows
    update audit_events
    set address = null
    where id in (
      select id
      from audit_events
      where (user_id = ${userId}::uuid or actor_id = ${userId}::uuid) and address is not null
      limit ${take}
    )
    returning 1`,
  Prisma.sql`
    -- eraseFormerMembers: former_members_user_id_idx
    delete from former_members
    where user_id = ${userId}::uuid
      and room_id in (select room_id from former_members where user_id = ${userId}::uuid limit ${take})
    returning 1`,
  Prisma.sql`
    -- eraseRefusals: room_refusals_user_id_idx and room_refusals_refused_id_idx, take rows
    delete from room_refusals
    where (room_id, user_id, refused_id) in (
      select room_id, user_id, refused_id
      from room_refusals
      where user_id = ${userId}::uuid or refused_id = ${userId}::uuid
      limit ${take}
    )
    returning 1`,
]
