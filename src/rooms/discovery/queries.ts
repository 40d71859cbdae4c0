import { factsJoins, isBannedFrom } from '../../access/facts.ts'
import { foldedPattern, type Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { type RoomView, toView, type ViewRow, viewColumns } from '../queries.ts'

/** The sort key and direction of each order. Each has an index rooms_listed_…_idx. */
const orders = {
  MOST_ACTIVE: { key: Prisma.sql`rooms.active_at`, type: Prisma.sql`timestamptz`, descends: true },
  NEWEST: { key: Prisma.sql`rooms.created_at`, type: Prisma.sql`timestamptz`, descends: true },
  MOST_MEMBERS: { key: Prisma.sql`rooms.member_count`, type: Prisma.sql`integer`, descends: true },
  NAME: { key: Prisma.sql`fold_name(rooms.name) collate "C"`, type: Prisma.sql`text`, descends: false },
} as const

/** The orders in which rooms are listed. */
export type RoomOrder = keyof typeof orders

/** The keyset of a room in an order. */
export interface ListKeyset {
  readonly key: Date | number | string
  readonly id: string
}

/** Selects a page of the listed rooms. */
export interface ListQuery {
  /** Rooms that ban this user are left out; null when nobody is signed in. */
  readonly viewerId: string | null
  /** Text that the name resembles or contains; null for any name. */
  readonly search: string | null
  readonly categoryId: string | null
  /** A region, including all regions inside it; null for any. */
  readonly regionId: string | null
  readonly access: 'OPEN' | 'PASSWORD' | null
  readonly order: RoomOrder
  readonly take: number
  /** The room after which the page begins. */
  readonly after: ListKeyset | null
}

/** A room of a list, with its keyset. */
export interface ListedRoom {
  readonly view: RoomView
  readonly keyset: ListKeyset
}

/** Lists rooms visible to everybody, with the facts about the viewer and each. */
export async function readListedRooms(sql: Sql, query: ListQuery): Promise<ListedRoom[]> {
  const rows = await sql<ViewRow & { key: ListKeyset['key'] }>(listStatement(query))
  return rows.map((row) => ({ view: toView(row), keyset: { key: row.key, id: row.id } }))
}

/** Builds the statement of `readListedRooms`. */
export function listStatement({ viewerId, order, take, after, ...query }: ListQuery): Prisma.Sql {
  const { key, type, descends } = orders[order]
  const direction = descends ? Prisma.sql`desc` : Prisma.sql`asc`
  const beyond = descends ? Prisma.sql`<` : Prisma.sql`>`
  const viewer = Prisma.sql`${viewerId}::uuid`
  const conditions = [
    // the rooms that `roomPolicy.see` shows to everybody and that can be joined: worded as in the partial indexes
    Prisma.sql`rooms.kind = 'GROUP' and rooms.access <> 'INVITE'`,
    Prisma.sql`rooms.deleted_at is null and rooms.archived_at is null`,
    // nobody would answer in the others
    Prisma.sql`rooms.member_count > 0 and rooms.name is not null`,
    ...filters(query),
    ...(viewerId ? [Prisma.sql`not ${isBannedFrom(Prisma.sql`rooms.id`, viewer)}`] : []),
    ...(after ? [Prisma.sql`(${key}, rooms.id) ${beyond} (${after.key}::${type}, ${after.id}::uuid)`] : []),
  ]
  return Prisma.sql`
    -- readListedRooms: rooms_listed_…_idx of the order, or rooms_listed_name_trgm_idx; primary keys, take rows
    with page as materialized (
      select rooms.id, ${key} as key
      from rooms
      where ${Prisma.join(conditions, ' and ')}
      order by key ${direction}, rooms.id ${direction}
      limit ${take}
    )
    select ${viewColumns(viewer)}, page.key
    from page
    join rooms on rooms.id = page.id
    ${factsJoins(viewer)}
    order by page.key ${direction}, page.id ${direction}`
}

function filters({
  search,
  categoryId,
  regionId,
  access,
}: Pick<ListQuery, 'search' | 'categoryId' | 'regionId' | 'access'>) {
  const found: Prisma.Sql[] = []
  // a word of the name is similar (tolerates typing errors), or the name contains the text (works in scripts without
  // spaces)
  if (search !== null) {
    found.push(
      Prisma.sql`(fold_name(rooms.name) %> fold_name(${search}) or fold_name(rooms.name) like '%' || ${foldedPattern(search)} || '%')`,
    )
  }
  if (access) found.push(Prisma.sql`rooms.access = ${access}::room_access`)
  if (categoryId) found.push(Prisma.sql`rooms.category_id = ${categoryId}::uuid`)
  if (regionId) {
    found.push(Prisma.sql`rooms.region_id in (
      with recursive inside as (
        select id from regions where id = ${regionId}::uuid
        union
        select regions.id from regions join inside on regions.parent_id = inside.id
      )
      select id from inside
    )`)
  }
  return found
}

/**
 * Records that rooms are active now.
 *
 * An index orders rooms by this. To avoid an index update for every send, only rooms that were not active for a while
 * are passed: see `roomLimits.activeAtStaleMs`.
 */
export async function touchRooms(sql: Sql, roomIds: readonly string[]): Promise<void> {
  if (roomIds.length === 0) return
  await sql(Prisma.sql`
    -- touchRooms: rooms_pkey
    update rooms
    set active_at = now()
    where id = any(${roomIds}::uuid[])`)
}
