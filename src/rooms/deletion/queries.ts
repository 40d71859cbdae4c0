import type { Db } from '../../database/client.ts'
import { type Sql, sqlOfPrisma } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

/** Reads deleted rooms that still have members, in order of deletion. */
export async function readRoomsToEmpty(db: Db, take: number): Promise<string[]> {
  const where = { deletedAt: { not: null }, members: { some: {} } }
  const rooms = await db.room.findMany({ where, select: { id: true }, orderBy: { deletedAt: 'asc' }, take })
  return rooms.map((room) => room.id)
}

/** Selects deleted rooms by the time since their deletion, in milliseconds. */
export interface PurgeQuery {
  readonly ageMs: number
  /** The age of rooms that have an open report. */
  readonly reportedAgeMs: number
  readonly take: number
}

/** Reads rooms without members that were deleted a while ago, in order of deletion. */
export async function readRoomsToPurge(sql: Sql, { ageMs, reportedAgeMs, take }: PurgeQuery): Promise<string[]> {
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- readRoomsToPurge: rooms_deleted_at_idx, members_pkey and reports_room_id_open_idx, take rows and those with open reports
    select rooms.id
    from rooms
    where deleted_at < now() - ${ageMs} * interval '1 millisecond'
      and not exists (select from members where members.room_id = rooms.id)
      and (
        deleted_at < now() - ${reportedAgeMs} * interval '1 millisecond'
        or not exists (select from reports where reports.room_id = rooms.id and reports.resolved_at is null)
      )
    order by deleted_at
    limit ${take}`)
  return rows.map((row) => row.id)
}

/** Reads the members of a room, a page in the order of their ids. */
export async function readMemberIds(db: Db, roomId: string, take: number): Promise<string[]> {
  const where = { roomId }
  const members = await db.member.findMany({ where, select: { userId: true }, orderBy: { userId: 'asc' }, take })
  return members.map((member) => member.userId)
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

/** Deletes up to `limit` rows of a room, by an index. Returns how many. */
export type Purge = (db: Db, roomId: string, limit: number) => Promise<{ readonly count: number }>

/** Delete the contents of a room except its members. */
export const purges: readonly Purge[] = [
  async (db, roomId, limit) => ({ count: await purgeMessages(sqlOfPrisma(db), roomId, limit) }),
  (db, roomId, limit) => db.roomVisit.deleteMany({ where: { roomId }, limit }),
  (db, roomId, limit) => db.ban.deleteMany({ where: { roomId }, limit }),
  (db, roomId, limit) => db.formerMember.deleteMany({ where: { roomId }, limit }),
  (db, roomId, limit) => db.invite.deleteMany({ where: { roomId }, limit }),
  (db, roomId, limit) => db.event.deleteMany({ where: { topicId: roomId }, limit }),
]

/** Deletes the newest messages first: a reply is deleted before its target, which then needs no update. */
async function purgeMessages(sql: Sql, roomId: string, take: number): Promise<number> {
  const rows = await sql(Prisma.sql`
    -- purgeMessages: messages_room_id_number_key, with what refers to them, and media_message_id_position_idx
    with page as materialized (
      select id from messages where room_id = ${roomId}::uuid order by number desc limit ${take}
    ), attached as (
      delete from media
      where message_id in (select id from page)
    )
    delete from messages
    where id in (select id from page)
    returning 1`)
  return rows.length
}
