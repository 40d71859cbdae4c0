import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { type AuthoredMessage, type AuthoredRow, authoredColumns, toAuthored } from './queries.ts'

/** Reads in which rooms a user searches: the most recently active ones. */
export async function readSearchedRoomIds(sql: Sql, userId: string, max: number): Promise<string[]> {
  const rows = await sql<{ id: string }>(Prisma.sql`
    -- readSearchedRoomIds: members_user_id_idx, as many rows as the user has rooms
    select rooms.id
    from members
    join rooms on rooms.id = members.room_id and rooms.deleted_at is null
    join topics on topics.id = members.room_id
    where members.user_id = ${userId}::uuid
    order by topics.active_at desc
    limit ${max}`)
  return rows.map((row) => row.id)
}

/** What a search asks of the index. */
export interface FoundQuery {
  readonly userId: string
  readonly roomIds: readonly string[]
  /** In the language of a web search. */
  readonly words: string
  /** Texts in scripts without spaces that all must be in the body. */
  readonly parts: readonly string[]
  /** The terms of the index that these texts consist of. */
  readonly pairs: readonly string[]
  /** Only messages with ids above this, and so sent after its time; null for all. */
  readonly above: string | null
  /** Only messages with ids below this; null for all. */
  readonly below: string | null
  /** At most so many matches, of which nobody knows which, are looked at. */
  readonly matchesMax: number
  readonly take: number
}

/** What a look at the newest messages asks. */
export interface RecentQuery extends Omit<FoundQuery, 'above' | 'matchesMax'> {
  /** At most so many messages, of any rooms, are passed. */
  readonly rowsMax: number
  /** Of these at most so many, of the rooms that are searched, are read. */
  readonly ownMax: number
}

/** Whether a message has what is asked for. */
const isMatch = ({ roomIds, words, parts, pairs }: Pick<FoundQuery, 'roomIds' | 'words' | 'parts' | 'pairs'>) => {
  // neither holds a quote: ids, and signs of a few scripts
  const rooms = roomIds.map((id) => `'room:${id}'`).join(' | ')
  const signs = pairs.map((pair) => `'${pair}'`).join(' & ')
  return Prisma.sql`
    messages.body is not null
    and message_terms(messages.room_id, messages.body)
      @@ (websearch_to_tsquery('simple', ${words}) && ${signs}::tsquery && ${rooms}::tsquery)
    and (numnode(websearch_to_tsquery('simple', ${words})) > 0 or ${signs} <> '')
    and not exists (
      select from unnest(${parts}::text[]) as part
      where strpos(messages.body, part) = 0
    )`
}

/** Whether a user may read a message. No joins, which would read the index of the search again for every room. */
const isReadable = (userId: string) => Prisma.sql`
  coalesce(messages.room_id in (select room_id from members where user_id = ${userId}::uuid), false)
  and not coalesce(messages.author_id in (select blocked_id from blocks where blocker_id = ${userId}::uuid), false)`

/** Finds messages among the newest, the newest first. What many of them have in them is found at once. */
export async function readRecent(sql: Sql, query: RecentQuery): Promise<AuthoredMessage[]> {
  const { userId, roomIds, below, rowsMax, ownMax, take } = query
  const before = below === null ? Prisma.empty : Prisma.sql`where messages.id < ${below}::uuid`
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readRecent: messages_pkey, at most rowsMax rows, and fewer when the page is full before; users_pkey
    with page as materialized (
      select messages.id
      from (
        select messages.id, messages.room_id, messages.body
        from (select * from messages ${before} order by messages.id desc limit ${rowsMax}) as messages
        where coalesce(messages.room_id in (select unnest(${roomIds}::uuid[])), false) and ${isReadable(userId)}
        order by messages.id desc
        limit ${ownMax}
      ) as messages
      where ${isMatch({ ...query, roomIds: [] })}
      order by messages.id desc
      limit ${take}
    )
    select ${authoredColumns}
    from page
    join messages on messages.id = page.id
    left join users on users.id = messages.author_id
    order by messages.id desc`)
  return rows.map(toAuthored)
}

/** What a search came to. */
export interface Findings {
  /** The newest first. */
  readonly found: AuthoredMessage[]
  /** Whether there were more matches than were looked at: then there may be newer ones. */
  readonly isCut: boolean
}

/**
 * Finds messages of rooms of a user.
 *
 * The index knows no order: all that matches is read and sorted. Hence the bound.
 */
export async function readFound(
  sql: Sql,
  { userId, roomIds, words, parts, pairs, above, below, matchesMax, take }: FoundQuery,
): Promise<Findings> {
  // in its own statement, so that plans without it do not look for it
  const since = above === null ? Prisma.empty : Prisma.sql`and messages.id > ${above}::uuid`
  const rows = await sql<AuthoredRow & { matches: unknown }>(Prisma.sql`
    -- readFound: messages_terms_idx, which also holds the room, at most matchesMax + 1 rows; messages_pkey
    with matching as materialized (
      select messages.id
      from messages
      where ${isMatch({ roomIds, words, parts, pairs })}
        and (${below === null} or messages.id < ${below}::uuid)
        ${since}
        and ${isReadable(userId)}
      limit ${matchesMax + 1}
    )
    select ${authoredColumns}, (select count(*) from matching) as matches
    from messages
    left join users on users.id = messages.author_id
    where messages.id in (select id from matching)
    order by messages.id desc
    limit ${take}`)
  return { found: rows.map(toAuthored), isCut: Number(rows[0]?.matches ?? 0) > matchesMax }
}
