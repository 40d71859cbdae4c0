import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

/** Reads deleted rooms that still have members, in order of deletion. */
export async function readRoomsToEmpty(sql: Sql, take: number): Promise<string[]> {
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- readRoomsToEmpty: rooms_deleted_at_idx and members_pkey
    select rooms.id
    from rooms
    where deleted_at is not null and exists (select from members where members.room_id = rooms.id)
    order by deleted_at
    limit ${take}`)
  return rows.map((row) => row.id)
}

/** Reads rooms without members that were deleted a while ago, in order of deletion. */
export async function readRoomsToPurge(sql: Sql, { ageMs, take }: { ageMs: number; take: number }): Promise<string[]> {
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- readRoomsToPurge: rooms_deleted_at_idx and members_pkey
    select rooms.id
    from rooms
    where deleted_at < now() - ${ageMs} * interval '1 millisecond'
      and not exists (select from members where members.room_id = rooms.id)
    order by deleted_at
    limit ${take}`)
  return rows.map((row) => row.id)
}

/** Reads the members of a room, a page in any order. */
export async function readMemberIds(sql: Sql, roomId: string, take: number): Promise<string[]> {
  const rows = await sql<{ user_id: string }>(Prisma.sql`
    -- readMemberIds: members_pkey, take rows
    select user_id
    from members
    where room_id = ${roomId}::uuid
    order by user_id
    limit ${take}`)
  return rows.map((row) => row.user_id)
}

/** Deletes members of a room, without events. Returns those who were members. */
export async function deleteMembers(sql: Sql, roomId: string, userIds: readonly string[]): Promise<string[]> {
  const rows = await sql<{ user_id: string }>(Prisma.sql`
    -- deleteMembers: members_pkey, one row a user
    delete from members
    where room_id = ${roomId}::uuid and user_id = any(${userIds}::uuid[])
    returning user_id`)
  return rows.map((row) => row.user_id)
}

/** Statements that delete the contents of a room except its members. At most `take` rows each, with a result per row. */
export const purgeStatements = (roomId: string, take: number): readonly Prisma.Sql[] => [
  // the newest first: a reply is deleted before its target, which then needs no update
  Prisma.sql`
    -- purgeMessages: messages_room_id_number_key, with what refers to them, and media_message_id_position_idx
    with page as materialized (
      select id from messages where room_id = ${roomId}::uuid order by number desc limit ${take}
    ), attached as (
      delete from media
      where message_id in (select id from page)
    )
    delete from messages
    where id in (select id from page)
    returning 1`,
  Prisma.sql`
    -- purgeVisits: room_visits_room_id_entered_at_idx
    delete from room_visits
    where id in (select id from room_visits where room_id = ${roomId}::uuid limit ${take})
    returning 1`,
  Prisma.sql`
    -- purgeBans: bans_pkey
    delete from bans
    where room_id = ${roomId}::uuid
      and user_id in (select user_id from bans where room_id = ${roomId}::uuid limit ${take})
    returning 1`,
  Prisma.sql`
    -- purgeFormerMembers: former_members_pkey
    delete from former_members
    where room_id = ${roomId}::uuid
      and user_id in (select user_id from former_members where room_id = ${roomId}::uuid limit ${take})
    returning 1`,
  Prisma.sql`
    -- purgeInvites: invites_room_id_id_idx
    delete from invites
    where id in (select id from invites where room_id = ${roomId}::uuid limit ${take})
    returning 1`,
  Prisma.sql`
    -- purgeEvents: events_pkey
    delete from events
    where topic_id = ${roomId}::uuid
      and seq in (select seq from events where topic_id = ${roomId}::uuid limit ${take})
    returning 1`,
]
