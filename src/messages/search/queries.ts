import type { Replica, ReplicaRow } from '../../database/read-replica.ts'
import { isAnyOf, type Sql } from '../../database/sql.ts'
import { hasPosition, type TopicState } from '../../feed/topics.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { type AuthoredMessage, type AuthoredRow, authoredColumns, authoredTaker } from '../queries.ts'
import { isOfBeginning } from './parse-query.ts'
import { marks, quote } from './terms.ts'

/** A room to search. */
export interface SearchedRoom {
  readonly id: string
  readonly messageCount: number
}

/** Reads the rooms that a user searches: the most recently active ones. */
export function readSearchedRooms(sql: Sql, userId: string, max: number): Promise<SearchedRoom[]> {
  return sql<SearchedRoom>(Prisma.sql`
    -- readSearchedRooms: members_user_id_idx, as many rows as the user has rooms; for every search
    select rooms.id, topics.last_number as "messageCount"
    from members
    join rooms on rooms.id = members.room_id and rooms.deleted_at is null
    join topics on topics.id = members.room_id
    where members.user_id = ${userId}::uuid
    order by topics.active_at desc
    limit ${max}`)
}

/** The conditions of a search. */
export interface Criteria {
  /** A tsquery for the terms of a message. Empty for any message. */
  readonly exact: string
  /** A tsquery for the index: everything that matches `exact` matches this. Empty for any message. */
  readonly loose: string
  readonly authorId: string | null
  readonly sentBefore: Date | null
  readonly sentAfter: Date | null
}

/** Selects a page of matches. */
export interface FoundQuery {
  readonly userId: string
  readonly roomIds: readonly string[]
  readonly criteria: Criteria
  /**
   * The key after which the page begins; null for the newest message.
   *
   * In one room messages are sorted by number, and the key is a number; in several they are sorted by id.
   */
  readonly below: string | null
  readonly isOneRoom: boolean
  /** The time by the clock of the primary, after which messages that have ended are not found. */
  readonly at: Date
  readonly take: number
}

/** Adds a room to what the index looks for. Without words and marks that is all. */
const inRoom = (loose: string, room: string) => (loose === '' ? room : `( ${loose} ) & ${room}`)

/** The expression of the index. */
const indexed = Prisma.sql`message_index(messages.room_id, messages.author_id, messages.terms)`

/** Counts how many of some messages the index would match. */
export async function countMatches(
  sql: Sql,
  { loose }: Criteria,
  positions: readonly { roomId: string; number: number }[],
): Promise<number> {
  const isFound = loose === '' ? Prisma.sql`true` : Prisma.sql`${indexed} @@ ${loose}::tsquery`
  const [row] = await sql<{ count: number }>(Prisma.sql`
    -- countMatches: messages_room_id_number_key, a row a position
    select count(*) filter (where ${isFound})::integer as count
    from unnest(
      ${positions.map(({ roomId }) => roomId)}::uuid[],
      ${positions.map(({ number }) => number)}::integer[]
    ) as sample (room_id, number)
    join messages on messages.room_id = sample.room_id and messages.number = sample.number
    where messages.terms is not null`)
  return row?.count ?? 0
}

const keyOf = (isOneRoom: boolean) => (isOneRoom ? Prisma.sql`messages.number` : Prisma.sql`messages.id`)

const isBelow = ({ below, isOneRoom }: FoundQuery) => {
  if (below === null) return Prisma.sql`true`
  return isOneRoom ? Prisma.sql`messages.number < ${below}::integer` : Prisma.sql`messages.id < ${below}::uuid`
}

/** The condition that a message is what is searched for. */
const isMatch = ({ exact, authorId, sentBefore, sentAfter }: Criteria) => {
  const conditions = [
    exact === '' ? null : Prisma.sql`messages.terms @@ ${exact}::tsquery`,
    authorId === null ? null : Prisma.sql`coalesce(messages.author_id = ${authorId}::uuid, false)`,
    sentBefore === null ? null : Prisma.sql`messages.created_at < ${sentBefore}::timestamptz`,
    sentAfter === null ? null : Prisma.sql`messages.created_at >= ${sentAfter}::timestamptz`,
  ]
  return Prisma.join(
    [Prisma.sql`messages.terms is not null`, ...conditions.filter((condition) => condition !== null)],
    ' and ',
  )
}

/** The condition that a user may read a message. Without joins, which would repeat the index scan for every room. */
const isReadable = ({ userId, at }: Pick<FoundQuery, 'userId' | 'at'>) => Prisma.sql`
  coalesce(messages.room_id in (select room_id from members where user_id = ${userId}::uuid), false)
  and (
    not coalesce(
      messages.room_id in (select room_id from members where user_id = ${userId}::uuid and history_from > 0), false
    )
    or exists (
      select from members
      where members.room_id = messages.room_id and members.user_id = ${userId}::uuid
        and messages.number > members.history_from
    )
  )
  and coalesce(messages.expires_at > ${at}::timestamptz, true)
  and not coalesce(messages.author_id in (select blocked_id from blocks where blocker_id = ${userId}::uuid), false)`

/** Bounds how far a search goes back. */
export interface SearchReach {
  /** The maximum of messages to scan: of the room, or of all rooms. */
  readonly rowsMax: number
  /** The maximum of bytes of their terms. */
  readonly bytesMax: number
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
  const { roomIds, criteria, isOneRoom, rowsMax, bytesMax, take } = query
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
        select id, number, row = ${rowsMax} or (bytes >= ${bytesMax} and bytes - size < ${bytesMax}) as is_last,
          bytes - size < ${bytesMax} and ${isOfRooms} and ${isMatch(criteria)} and ${isReadable(query)} as is_match
        from (
          select *, row_number() over walk as row, sum(size) over walk as bytes
          from (
            select *, coalesce(pg_column_size(terms), 0) as size
            from messages
            where ${isBelow(query)} ${ofRoom}
            order by ${key} desc
            limit ${rowsMax}
          ) as messages
          window walk as (order by ${key} desc rows unbounded preceding)
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
  const found = rows.filter((row) => row.isMatch).map(authoredTaker())
  const last = found.length < take ? rows.find((row) => row.isLast) : undefined
  return { found, stoppedAt: last ? String(isOneRoom ? last.number : last.id) : null }
}

/**
 * Writes what the index looks for.
 *
 * One look-up a room: otherwise every match would be compared with every room. A beginning is looked up only once, because
 * the index collects its matches in all rooms first.
 */
function lookUps(loose: string, roomIds: readonly string[]): string[] {
  const rooms = roomIds.map((id) => quote(marks.room(id)))
  return isOfBeginning(loose) ? [inRoom(loose, `( ${rooms.join(' | ')} )`)] : rooms.map((room) => inRoom(loose, room))
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
  const { roomIds, criteria, isOneRoom, matchesMax, take } = query
  const key = keyOf(isOneRoom)
  const rows = await sql<AuthoredRow & { matches: unknown }>(Prisma.sql`
    -- readFound: messages_terms_idx, which also holds the room, at most matchesMax + 1 rows; messages_pkey and users_pkey
    with matching as materialized (
      select id, number, room_id, author_id, created_at, expires_at, terms
      from messages
      where terms is not null and ${indexed} @@ any (${lookUps(criteria.loose, roomIds)}::tsquery[])
      limit ${matchesMax + 1}
    ), page as materialized (
      select id
      from matching as messages
      where (select count(*) from matching) <= ${matchesMax}
        and ${isBelow(query)}
        and ${isReadable(query)}
        and ${isMatch(criteria)}
      order by ${key} desc
      limit ${take}
    )
    select ${authoredColumns}, counted.matches
    from (select count(*) as matches from matching) as counted
    left join (page join messages on messages.id = page.id) on true
    left join users on users.id = messages.author_id
    order by ${key} desc`)
  if (Number(rows[0]?.matches) > matchesMax) return null
  return rows.filter((row) => row.id !== null).map(authoredTaker())
}

/** Reads found messages again, newest first. Leaves out those that do not match any more, or may not be read. */
export async function readFoundAgain(
  sql: Sql,
  { ids, ...query }: FoundQuery & { readonly ids: readonly string[] },
): Promise<AuthoredMessage[]> {
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readFoundAgain: messages_pkey and users_pkey; the conditions of a search are SQL
    select ${authoredColumns}
    from messages
    left join users on users.id = messages.author_id
    where ${isAnyOf(Prisma.sql`messages.id`, ids)} and ${isMatch(query.criteria)} and ${isReadable(query)}
    order by ${keyOf(query.isOneRoom)} desc`)
  return rows.map(authoredTaker())
}

interface ProvenRow extends ReplicaRow {
  /** True if the replica has the wanted states of all topics. */
  readonly isCurrent: boolean
  /** Null in the only row of a statement without rows. */
  readonly isRow: true | null
}

/**
 * Runs a statement on the replica, in one snapshot with the states of topics.
 *
 * @returns its rows in their order; `refused` when the replica does not have a state yet, or in another history; null when
 * it did not answer.
 */
export async function readProven<Row>(
  replica: Replica,
  topics: readonly TopicState[],
  statement: Prisma.Sql,
): Promise<Row[] | 'refused' | null> {
  const rows = await replica.read<ProvenRow & Row>(
    (renewedAt) => Prisma.sql`
    -- readProven: topics_pkey and events_pkey, a row a topic; then as the statement
    with states as materialized (
      select bool_and(topics.id is not null) as is_current
      from unnest(
        ${topics.map(({ topicId }) => topicId)}::uuid[],
        ${topics.map(({ head }) => head)}::bigint[],
        ${topics.map(({ chain }) => chain)}::text[]
      ) as wanted (topic_id, seq, chain)
      left join topics on topics.id = wanted.topic_id and ${hasPosition}
    ), found as materialized (
      select true as "isRow", found.* from (${statement}) as found where (select is_current from states)
    )
    select ${renewedAt}, is_current as "isCurrent", found.*
    from states
    left join found on true`,
    'search',
  )
  if (!rows) return null
  return rows[0]?.isCurrent ? rows.filter(({ isRow }) => isRow) : 'refused'
}
