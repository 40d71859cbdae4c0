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
  readonly after: string | null
  readonly take: number
}

/** Finds messages of rooms of a user, the newest first. */
export async function readFound(
  sql: Sql,
  { userId, roomIds, words, parts, pairs, after, take }: FoundQuery,
): Promise<AuthoredMessage[]> {
  // neither holds a quote: ids, and signs of a few scripts
  const rooms = roomIds.map((id) => `'room:${id}'`).join(' | ')
  const signs = pairs.map((pair) => `'${pair}'`).join(' & ')
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readFound: messages_terms_idx, which also holds the room; where most messages match, messages_pkey from its end
    select ${authoredColumns}
    from messages
    left join users on users.id = messages.author_id
    where messages.body is not null
      and message_terms(messages.room_id, messages.body)
        @@ (websearch_to_tsquery('simple', ${words}) && ${signs}::tsquery && ${rooms}::tsquery)
      and (numnode(websearch_to_tsquery('simple', ${words})) > 0 or ${signs} <> '')
      and (${after === null} or messages.id < ${after}::uuid)
      and not exists (
        select from unnest(${parts}::text[]) as part
        where strpos(messages.body, part) = 0
      )
      and exists (
        select from members
        where members.room_id = messages.room_id and members.user_id = ${userId}::uuid
      )
      and not exists (
        select from blocks
        where blocker_id = ${userId}::uuid and blocked_id = messages.author_id
      )
    order by messages.id desc
    limit ${take}`)
  return rows.map(toAuthored)
}
