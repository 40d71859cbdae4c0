import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { type AuthoredMessage, type AuthoredRow, authoredColumns, toAuthored } from '../queries.ts'

/** A room to search. */
export interface SearchedRoom {
  readonly id: string
  readonly messageCount: number
}

/** Reads the rooms that a user searches: the most recently active ones. */
export function readSearchedRooms(sql: Sql, userId: string, max: number): Promise<SearchedRoom[]> {
  return sql<SearchedRoom>(Prisma.sql`
    -- readSearchedRooms: members_user_id_idx, as many rows as the user has rooms
    select rooms.id, topics.last_number as "messageCount"
    from members
    join rooms on rooms.id = members.room_id and rooms.deleted_at is null
    join topics on topics.id = members.room_id
    where members.user_id = ${userId}::uuid
    order by topics.active_at desc
    limit ${max}`)
}

/** A search query in forms that PostgreSQL can run. */
export interface Terms {
  /** A tsquery. */
  readonly exact: string
  /** A tsquery for the index, which has no word positions: everything that matches `exact` matches this. */
  readonly loose: string
  /** LIKE patterns of words that every match contains in lower case. Cheaper than parsing the text. */
  readonly patterns: string[]
  /** LIKE patterns of texts in scripts without spaces that every match contains in NFC. */
  readonly parts: string[]
}

/** Parses a web search query into the text of a tsquery. Empty without terms. */
export async function readWebSearch(sql: Sql, query: string): Promise<string> {
  const [row] = await sql<{ parsed: string }>(Prisma.sql`
    -- readWebSearch: no table
    select websearch_to_tsquery('simple', ${query})::text as parsed`)
  return row?.parsed ?? ''
}

/** Selects a page of matches. */
export interface FoundQuery {
  readonly userId: string
  readonly roomIds: readonly string[]
  readonly terms: Terms
  /**
   * The key after which the page begins; null for the newest message.
   *
   * In one room messages are sorted by number, and the key is a number; in several they are sorted by id.
   */
  readonly below: string | null
  readonly isOneRoom: boolean
  readonly take: number
}

/** Counts how many of some messages the index would match. */
export async function countMatches(
  sql: Sql,
  { loose }: Terms,
  positions: readonly { roomId: string; number: number }[],
): Promise<number> {
  const [row] = await sql<{ count: number }>(Prisma.sql`
    -- countMatches: messages_room_id_number_key, a row a position
    select count(*) filter (where message_terms(messages.room_id, messages.body) @@ ${loose}::tsquery)::integer as count
    from unnest(
      ${positions.map(({ roomId }) => roomId)}::uuid[],
      ${positions.map(({ number }) => number)}::integer[]
    ) as sample (room_id, number)
    join messages on messages.room_id = sample.room_id and messages.number = sample.number
    where messages.body is not null`)
  return row?.count ?? 0
}

const keyOf = (isOneRoom: boolean) => (isOneRoom ? Prisma.sql`messages.number` : Prisma.sql`messages.id`)

const isBelow = ({ below, isOneRoom }: FoundQuery) => {
  if (below === null) return Prisma.sql`true`
  return isOneRoom ? Prisma.sql`messages.number < ${below}::integer` : Prisma.sql`messages.id < ${below}::uuid`
}

const isMatch = ({ terms }: FoundQuery) => Prisma.sql`
  message_terms(messages.room_id, messages.body) @@ ${terms.exact}::tsquery
  and normalize(messages.body) like all (${terms.parts}::text[])`

/** The condition that a user may read a message. Without joins, which would repeat the index scan for every room. */
const isReadable = (userId: string) => Prisma.sql`
  coalesce(messages.room_id in (select room_id from members where user_id = ${userId}::uuid), false)
  and not exists (
    select from members
    where members.room_id = messages.room_id and members.user_id = ${userId}::uuid
      and messages.number <= members.history_from
  )
  and not exists (
    select from messages as ended
    where ended.id = messages.id and ended.expires_at <= now()
  )
  and not coalesce(messages.author_id in (select blocked_id from blocks where blocker_id = ${userId}::uuid), false)`

/** Bounds how far a search goes back. */
export interface SearchReach {
  /** The maximum of messages to scan: of the room, or of all rooms. */
  readonly rowsMax: number
  /** The maximum of them to parse: those that contain the words. */
  readonly judgedMax: number
}

/** The result of a search. */
export interface Findings {
  /** The matches, newest first. */
  readonly found: AuthoredMessage[]
  /** The key up to which there are no more matches, when the search stopped before the page was full. */
  readonly stoppedAt: string | null
}

/** Finds messages by scanning back from a key. Fast for frequent words. */
export async function readRecent(sql: Sql, query: FoundQuery & SearchReach): Promise<Findings> {
  const { userId, roomIds, terms, isOneRoom, rowsMax, judgedMax, take } = query
  const key = keyOf(isOneRoom)
  const [ofRoom, isOfRooms] = isOneRoom
    ? [Prisma.sql`and room_id = ${roomIds[0]}::uuid`, Prisma.sql`true`]
    : [Prisma.empty, Prisma.sql`coalesce(room_id in (select unnest(${roomIds}::uuid[])), false)`]
  const rows = await sql<AuthoredRow & { isMatch: boolean; isLast: boolean }>(Prisma.sql`
    -- readRecent: messages_pkey, or messages_room_id_number_key for one room, at most rowsMax rows, and fewer when the page is
    -- full before; users_pkey
    with page as materialized (
      select id, is_match, is_last
      from (
        select id, number, is_judged and ${isMatch(query)} as is_match,
          is_last or row_number() over (order by ${key} desc) = ${judgedMax} as is_last
        from (
          select *
          from (
            select id, number, room_id, body, is_last,
              body is not null and ${isOfRooms} and lower(body) like all (${terms.patterns}::text[])
                and ${isReadable(userId)} as is_judged
            from (
              select *, row_number() over (order by ${key} desc) = ${rowsMax} as is_last
              from messages
              where ${isBelow(query)} ${ofRoom}
              order by ${key} desc
              limit ${rowsMax}
            ) as messages
          ) as messages
          where is_judged or is_last
          order by ${key} desc
          limit ${judgedMax}
        ) as messages
      ) as messages
      where is_match or is_last
      order by ${key} desc
      limit ${take}
    )
    select ${authoredColumns}, page.is_match as "isMatch", page.is_last as "isLast"
    from page
    join messages on messages.id = page.id
    left join users on users.id = messages.author_id
    order by ${key} desc`)
  const found = rows.filter((row) => row.isMatch).map(toAuthored)
  const last = found.length < take ? rows.find((row) => row.isLast) : undefined
  return { found, stoppedAt: last ? String(isOneRoom ? last.number : last.id) : null }
}

/**
 * Finds all matching messages by the index.
 *
 * The index is unordered: all matches are read and sorted. Hence the limit.
 *
 * @returns null when there are more than `matchesMax` matches, so that the newest are not known.
 */
export async function readFound(
  sql: Sql,
  query: FoundQuery & { readonly matchesMax: number },
): Promise<AuthoredMessage[] | null> {
  const { userId, roomIds, terms, isOneRoom, matchesMax, take } = query
  const key = keyOf(isOneRoom)
  // one look-up a room: with all rooms in one query, every match would be compared with every room
  const rows = await sql<AuthoredRow & { matches: unknown }>(Prisma.sql`
    -- readFound: messages_terms_idx, which also holds the room, at most matchesMax + 1 rows; messages_pkey and users_pkey
    with matching as materialized (
      select id, number, room_id, author_id, body
      from messages
      where body is not null
        and message_terms(room_id, body) @@ any (array(
          select ${terms.loose}::tsquery && format('''room:%s''', id)::tsquery
          from unnest(${roomIds}::uuid[]) as room (id)
        ))
      limit ${matchesMax + 1}
    ), page as materialized (
      select id
      from matching as messages
      where (select count(*) from matching) <= ${matchesMax}
        and ${isBelow(query)}
        and ${isReadable(userId)}
        and ${isMatch(query)}
      order by ${key} desc
      limit ${take}
    )
    select ${authoredColumns}, counted.matches
    from (select count(*) as matches from matching) as counted
    left join (page join messages on messages.id = page.id) on true
    left join users on users.id = messages.author_id
    order by ${key} desc`)
  if (Number(rows[0]?.matches) > matchesMax) return null
  return rows.filter((row) => row.id !== null).map(toAuthored)
}
