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
  // neither holds a quote: ids, and signs of a few scripts
  const rooms = roomIds.map((id) => `'room:${id}'`).join(' | ')
  const signs = pairs.map((pair) => `'${pair}'`).join(' & ')
  // in its own statement, so that plans without it do not look for it
  const since = above === null ? Prisma.empty : Prisma.sql`and messages.id > ${above}::uuid`
  const rows = await sql<AuthoredRow & { matches: unknown }>(Prisma.sql`
    -- readFound: messages_terms_idx, which also holds the room, at most matchesMax + 1 rows; messages_pkey
    with matching as materialized (
      select messages.id
      from messages
      where messages.body is not null
        and message_terms(messages.room_id, messages.body)
          @@ (websearch_to_tsquery('simple', ${words}) && ${signs}::tsquery && ${rooms}::tsquery)
        and (numnode(websearch_to_tsquery('simple', ${words})) > 0 or ${signs} <> '')
        and (${below === null} or messages.id < ${below}::uuid)
        ${since}
        and not exists (
          select from unnest(${parts}::text[]) as part
          where strpos(messages.body, part) = 0
        )
        -- no joins, which would read the index again for every room
        and coalesce(messages.room_id in (select room_id from members where user_id = ${userId}::uuid), false)
        and not coalesce(
          messages.author_id in (select blocked_id from blocks where blocker_id = ${userId}::uuid), false
        )
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
