import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { authorColumns, type PublicUser, takeAuthor, type WithAuthor } from '../../users/queries.ts'

/** All reactions to one message with one emoji. */
export interface ReactionGroup {
  readonly messageId: string
  readonly emoji: string
  readonly count: number
}

/** Reads the reactions to messages, in order of first use within each message. */
export function readReactionGroups(sql: Sql, messageIds: readonly string[]): Promise<ReactionGroup[]> {
  return sql<ReactionGroup>(Prisma.sql`
    -- readReactionGroups: reactions_pkey, as many rows as the messages have reactions
    select message_id as "messageId", emoji, count(*)::integer as count
    from reactions
    where message_id = any(${messageIds}::uuid[])
    group by message_id, emoji
    order by message_id, min(created_at), emoji`)
}

/** The key of a group: an emoji of a message. */
export type GroupKey = Pick<ReactionGroup, 'messageId' | 'emoji'>

/** Finds the groups to which a user belongs. */
export function readReactionsOf(sql: Sql, userId: string, groups: readonly GroupKey[]): Promise<GroupKey[]> {
  return sql<GroupKey>(Prisma.sql`
    -- readReactionsOf: reactions_pkey, one row a group
    select wanted.message_id as "messageId", wanted.emoji
    from unnest(
      ${groups.map((group) => group.messageId)}::uuid[],
      ${groups.map((group) => group.emoji)}::text[]
    ) as wanted (message_id, emoji)
    join reactions on reactions.message_id = wanted.message_id and reactions.emoji = wanted.emoji
      and reactions.user_id = ${userId}::uuid`)
}

/** Selects a page of the users who reacted with an emoji. */
export interface ReactorsQuery extends GroupKey {
  /** The reaction after which the page begins: its time, and the id of its user. */
  readonly after: { readonly at: string; readonly id: string } | null
  readonly take: number
}

/** A user who reacted, and when. */
export interface Reactor {
  readonly user: PublicUser
  readonly at: Date
}

/** Reads pages of users who reacted, in order of reaction. A list for each query. */
export async function readReactors(sql: Sql, queries: readonly ReactorsQuery[]): Promise<Reactor[][]> {
  const rows = await sql<{ position: unknown; at: Date } & WithAuthor>(Prisma.sql`
    -- readReactors: reactions_message_id_emoji_created_at_user_id_idx, take rows a query, and users_pkey
    select wanted.position, reactor.created_at as at, ${authorColumns}
    from unnest(
      ${queries.map((query) => query.messageId)}::uuid[],
      ${queries.map((query) => query.emoji)}::text[],
      ${queries.map((query) => query.after?.at ?? '-infinity')}::timestamptz[],
      ${queries.map((query) => query.after?.id ?? nobody)}::uuid[],
      ${queries.map((query) => query.take)}::integer[]
    ) with ordinality as wanted (message_id, emoji, after_at, after_user_id, take, position)
    cross join lateral (
      select reactions.created_at, reactions.user_id
      from reactions
      where reactions.message_id = wanted.message_id and reactions.emoji = wanted.emoji
        and (reactions.created_at, reactions.user_id) > (wanted.after_at, wanted.after_user_id)
      order by reactions.created_at, reactions.user_id
      limit wanted.take
    ) as reactor
    join users on users.id = reactor.user_id
    order by wanted.position, reactor.created_at, reactor.user_id`)
  const lists: Reactor[][] = queries.map(() => [])
  for (const row of rows) {
    const user = takeAuthor(row)
    if (user) lists[Number(row.position) - 1]?.push({ user, at: row.at })
  }
  return lists
}

const nobody = '00000000-0000-0000-0000-000000000000'

/** Counts the different emojis on a message, except one. */
export async function countReactionKinds(
  sql: Sql,
  { messageId, except }: { messageId: string; except: string },
): Promise<number> {
  const [row] = await sql<{ kinds: number }>(Prisma.sql`
    -- countReactionKinds: reactions_pkey, as many rows as the message has reactions
    select count(distinct emoji)::integer as kinds
    from reactions
    where message_id = ${messageId}::uuid and emoji <> ${except}`)
  return row?.kinds ?? 0
}
