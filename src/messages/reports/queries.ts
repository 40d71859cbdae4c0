import type { Sql } from '../../database/sql.ts'
import { Prisma, type Report } from '../../generated/prisma/client.ts'
import { beyond, type Keyset } from '../../input/keyset.ts'

/** Selects a page of the reports of a room. */
export interface RoomReportsQuery {
  roomId: string
  /** The viewer, reports of whose messages are left out. */
  viewerId: string
  /** True if the reports are resolved; null for all. */
  isResolved: boolean | null
  take: number
  /** The report after which the page begins. */
  after: Keyset | null
}

/** Reads reports of messages in a room, newest first. */
export function readRoomReports(
  sql: Sql,
  { roomId, viewerId, isResolved, take, after }: RoomReportsQuery,
): Promise<Report[]> {
  const resolved =
    isResolved === null
      ? Prisma.empty
      : Prisma.sql`and resolved_at is ${isResolved ? Prisma.sql`not null` : Prisma.sql`null`}`
  return sql<Report>(Prisma.sql`
    -- readRoomReports: reports_room_id_open_idx for open reports, else reports_room_id_created_at_id_idx; messages_pkey. It reads
    -- the rows of the page, and those it skips: reports of messages of the viewer, and open ones if resolved ones are wanted
    select id, message_id as "messageId", room_id as "roomId", reporter_id as "reporterId", reason, body,
      created_at as "createdAt", resolved_at as "resolvedAt"
    from reports
    where room_id = ${roomId}::uuid ${resolved} ${beyond(Prisma.sql`(created_at, id) <`, after)}
      and not exists (
        select from messages where messages.id = reports.message_id and messages.author_id = ${viewerId}::uuid
      )
    order by created_at desc, id desc
    limit ${take}`)
}

/** Selects the open reports that an operator sees. */
export interface OpenReportsQuery {
  /** True to include reports that moderators of the room see. */
  withModerated: boolean
  /** The report after which the page begins. */
  after: Keyset | null
  take: number
}

/** Reads the ids of unresolved reports, oldest first. */
export async function readOpenReportIds(sql: Sql, { withModerated, after, take }: OpenReportsQuery): Promise<string[]> {
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- readOpenReportIds: reports_open_idx, take rows and those that are left out; members_staff_idx
    select reports.id
    from reports
    join rooms on rooms.id = reports.room_id
    join messages on messages.id = reports.message_id
    where reports.resolved_at is null ${beyond(Prisma.sql`(reports.created_at, reports.id) >`, after)}
      and (${withModerated}::boolean or rooms.deleted_at is not null or not exists (
        select from members
        where members.room_id = reports.room_id and members.role <> 'MEMBER'
          and members.user_id is distinct from messages.author_id
      ))
    order by reports.created_at, reports.id
    limit ${take}`)
  return rows.map((row) => row.id)
}
