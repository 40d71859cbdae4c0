import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { type AuthoredMessage, type AuthoredRow, authoredColumns, toLists } from '../queries.ts'

/** Selects a page of the replies to a message. */
export interface RepliesQuery {
  readonly messageId: string
  /** Numbers above this. */
  readonly above: number
  /** Numbers up to this. */
  readonly upTo: number
  readonly take: number
}

/** Reads pages of replies in order of number: a list for each query. */
export async function readReplies(sql: Sql, queries: readonly RepliesQuery[]): Promise<AuthoredMessage[][]> {
  const rows = await sql<AuthoredRow & { position: unknown }>(Prisma.sql`
    -- readReplies: messages_reply_to_id_number_idx, take rows a query, and users_pkey
    select wanted.position, ${authoredColumns}
    from unnest(
      ${queries.map((query) => query.messageId)}::uuid[],
      ${queries.map((query) => query.above)}::integer[],
      ${queries.map((query) => query.upTo)}::integer[],
      ${queries.map((query) => query.take)}::integer[]
    ) with ordinality as wanted (message_id, above, up_to, take, position)
    cross join lateral (
      select *
      from messages
      where messages.reply_to_id = wanted.message_id
        and messages.number > wanted.above and messages.number <= wanted.up_to
      order by messages.number
      limit wanted.take
    ) as messages
    left join users on users.id = messages.author_id
    order by wanted.position, messages.number`)
  return toLists(queries, rows)
}

/** Counts the replies to messages up to a number: a count for each, in their order. */
export async function countReplies(
  sql: Sql,
  queries: readonly Pick<RepliesQuery, 'messageId' | 'upTo'>[],
): Promise<number[]> {
  const rows = await sql<{ count: number }>(Prisma.sql`
    -- countReplies: messages_reply_to_id_number_idx, as many rows as there are replies
    select count(messages.number)::integer as count
    from unnest(
      ${queries.map((query) => query.messageId)}::uuid[],
      ${queries.map((query) => query.upTo)}::integer[]
    ) with ordinality as wanted (message_id, up_to, position)
    left join messages on messages.reply_to_id = wanted.message_id and messages.number <= wanted.up_to
    group by wanted.position
    order by wanted.position`)
  return rows.map((row) => row.count)
}
