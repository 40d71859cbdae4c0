import { type FactsRow, factsColumns, factsJoins, hidingColumns, type RoomFacts, toFacts } from '../access/facts.ts'
import { columnsOf } from '../database/columns.ts'
import { isAnyOf, type Sql } from '../database/sql.ts'
import type { Room } from '../generated/prisma/client.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** A room with the facts about a viewer and it, from one snapshot. */
export interface RoomView {
  readonly room: Room
  readonly facts: RoomFacts
}

/**
 * Reads rooms with the facts about a viewer and each, all from one snapshot.
 *
 * @param viewerId null when nobody is signed in.
 * @returns in any order; rooms that do not exist are missing.
 */
export function readRoomViews(sql: Sql, roomIds: readonly string[], viewerId: string | null): Promise<RoomView[]> {
  return readViews(sql, isAnyOf(Prisma.sql`rooms.id`, roomIds), viewerId)
}

/** Reads the room with a code, with the facts about a viewer. Null when there is none. */
export async function readRoomViewByCode(sql: Sql, code: string, viewerId: string | null): Promise<RoomView | null> {
  const [view] = await readViews(sql, Prisma.sql`rooms.code = ${code}`, viewerId)
  return view ?? null
}

/** A row with the columns of `viewColumns`. */
export type ViewRow = FactsRow & Room

/** The columns of a room that are not among those of the facts. */
const roomColumns = columnsOf('rooms', Prisma.RoomScalarFieldEnum, {
  without: ['id', 'kind', 'access', 'posting', 'memberCount', 'slowModeSeconds', 'archivedAt'],
})

/** The columns of a room with the facts about a viewer and it. `factsJoins` must follow in the statement. */
export const viewColumns = (viewer: Prisma.Sql) => Prisma.sql`
  ${factsColumns(viewer)}, ${hidingColumns(viewer)}, ${roomColumns}`

/** Builds the view of a row. */
export const toView = (row: ViewRow): RoomView => ({ room: row, facts: toFacts(row) })

async function readViews(sql: Sql, wanted: Prisma.Sql, viewerId: string | null): Promise<RoomView[]> {
  const viewer = Prisma.sql`${viewerId}::uuid`
  const rows = await sql<ViewRow>(Prisma.sql`
    -- readRoomViews: primary keys, or rooms_code_key; for every page of rooms
    select ${viewColumns(viewer)}
    from rooms ${factsJoins(viewer)}
    where ${wanted} and rooms.deleted_at is null`)
  return rows.map(toView)
}
