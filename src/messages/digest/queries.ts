import type { Sql } from '../../database/sql.ts'
import { type MessageKind, Prisma, type SystemAction } from '../../generated/prisma/client.ts'
import { hasExpired } from '../queries.ts'

/** The rows that a digest is made of, read at one moment. */
export interface DigestRows {
  readonly head: number
  readonly chain: string
  /** In order of number. */
  readonly messages: readonly DigestMessage[]
}

/** The columns of a message that a digest may cover. */
export interface DigestMessage {
  readonly id: string
  readonly number: number
  readonly authorId: string | null
  readonly kind: MessageKind
  readonly systemAction: SystemAction | null
  readonly body: string | null
  readonly editedAt: Date | null
  readonly deletedAt: Date | null
  readonly pinnedAt: Date | null
  /** In any order. */
  readonly reactions: readonly (readonly [emoji: string, count: number])[]
}

type Row = { readonly head: unknown; readonly chain: string } & (DigestMessage | { readonly id: null })

/** Reads messages of a room by number, and where its feed stands, in one snapshot. Null without a room. */
export async function readDigestRows(
  sql: Sql,
  { roomId, from, to }: { roomId: string; from: number; to: number },
): Promise<DigestRows | null> {
  const rows = await sql<Row>(Prisma.sql`
    -- readDigestRows: topics_pkey, messages_room_id_number_key at most a page, and reactions_pkey
    select
      topics.head, encode(topics.chain, 'hex') as chain, messages.id, messages.number, messages.author_id as "authorId", messages.kind,
      messages.system_action as "systemAction", messages.edited_at as "editedAt",
      case when ${hasExpired} then null else messages.body end as body,
      case when ${hasExpired} then coalesce(messages.deleted_at, messages.expires_at) else messages.deleted_at end as "deletedAt",
      case when ${hasExpired} then null else messages.pinned_at end as "pinnedAt",
      case when ${hasExpired} then '[]'::json else coalesce(groups.reactions, '[]'::json) end as reactions
    from topics
    left join messages on messages.room_id = topics.id and messages.number between ${from} and ${to}
    left join lateral (
      select json_agg(json_build_array(counted.emoji, counted.count)) as reactions
      from (
        select emoji, count(*)::integer as count
        from reactions
        where reactions.message_id = messages.id
        group by emoji
      ) as counted
    ) as groups on true
    where topics.id = ${roomId}::uuid
    order by messages.number`)
  const [first] = rows
  if (!first) return null
  const messages = rows.flatMap((row) => (row.id === null ? [] : [row]))
  return { head: Number(first.head), chain: first.chain, messages }
}
