import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'

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
