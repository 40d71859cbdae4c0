import type { Sql } from '../../database/sql.ts'
import { Prisma, type Report } from '../../generated/prisma/client.ts'
import { beyond, type Keyset } from '../../input/keyset.ts'

/** Which reports of a room to read. */
export interface RoomReportsQuery {
  roomId: string
  /** Whose messages are left out. */
  viewerId: string
  /** Whether they are dealt with; null for all. */
  isResolved: boolean | null
  take: number
  /** The report to begin after. */
  after: Keyset | null
}

/** Reads reports of messages of a room, the newest first. */
export function readRoomReports(
  sql: Sql,
  { roomId, viewerId, isResolved, take, after }: RoomReportsQuery,
): Promise<Report[]> {
  const resolved =
    isResolved === null
      ? Prisma.empty
      : Prisma.sql`and resolved_at is ${isResolved ? Prisma.sql`not null` : Prisma.sql`null`}`
  return sql<Report>(Prisma.sql`
    -- readRoomReports: reports_room_id_open_idx for open ones, take rows; else reports_room_id_created_at_id_idx, take rows and
    -- the open ones between them; and those of messages of the viewer; messages_pkey
    select id, message_id as "messageId", room_id as "roomId", reporter_id as "reporterId", reason,
      created_at as "createdAt", resolved_at as "resolvedAt"
    from reports
    where room_id = ${roomId}::uuid ${resolved} ${beyond(Prisma.sql`(created_at, id) <`, after)}
      and not exists (
        select from messages where messages.id = reports.message_id and messages.author_id = ${viewerId}::uuid
      )
    order by created_at desc, id desc
    limit ${take}`)
}

/** Which open reports an operator looks at. */
export interface OpenReportsQuery {
  /** Also those that moderators of the room see. */
  withModerated: boolean
  take: number
}

/** Reads which reports nobody has dealt with, those that wait longest first. */
export async function readOpenReportIds(sql: Sql, { withModerated, take }: OpenReportsQuery): Promise<string[]> {
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- readOpenReportIds: reports_open_idx, take rows and those that are left out; members_staff_idx
    select reports.id
    from reports
    join rooms on rooms.id = reports.room_id and rooms.deleted_at is null
    join messages on messages.id = reports.message_id
    where reports.resolved_at is null
      and (${withModerated}::boolean or not exists (
        select from members
        where members.room_id = reports.room_id and members.role <> 'MEMBER'
          and members.user_id is distinct from messages.author_id
      ))
    order by reports.created_at, reports.id
    limit ${take}`)
  return rows.map((row) => row.id)
}
