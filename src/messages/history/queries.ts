import type { Replica, ReplicaRow } from '../../database/read-replica.ts'
import type { Sql } from '../../database/sql.ts'
import type { Position } from '../../feed/chain.ts'
import { hasPosition } from '../../feed/topics.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import {
  type AuthoredMessage,
  type AuthoredRow,
  authoredColumns,
  authoredTaker,
  messageColumns,
  type ShownMessage,
  toLists,
} from '../queries.ts'

/** Reads messages by room and number, in any order. */
export async function readMessagesAt(
  sql: Sql,
  keys: readonly { roomId: string; number: number }[],
): Promise<AuthoredMessage[]> {
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readMessagesAt: messages_room_id_number_key and users_pkey
    select ${authoredColumns}
    from unnest(
      ${keys.map((key) => key.roomId)}::uuid[],
      ${keys.map((key) => key.number)}::integer[]
    ) as wanted (room_id, number)
    cross join lateral (
      select * from messages where messages.room_id = wanted.room_id and messages.number = wanted.number limit 1
    ) as messages
    left join users on users.id = messages.author_id`)
  return rows.map(authoredTaker())
}

/** A range of a room's history. */
export interface Stretch {
  roomId: string
  /** Numbers above this. */
  above: number
  /** Numbers up to this. */
  upTo: number
  direction: 'forward' | 'backward'
  take: number
  /** The position of the room's feed by which the viewer was let in: the page shows at least that state. */
  since: Position
}

/** Reads ranges of histories in one direction: a list for each. */
export async function readStretches(
  sql: Sql,
  stretches: readonly Stretch[],
  direction: Stretch['direction'],
): Promise<AuthoredMessage[][]> {
  const order = direction === 'forward' ? Prisma.sql`asc` : Prisma.sql`desc`
  const [first] = stretches
  if (first && stretches.length === 1) return [await readStretch(sql, first, order)]
  const rows = await sql<AuthoredRow & { position: unknown }>(Prisma.sql`
    -- readStretches: messages_room_id_number_key, take rows a range, and users_pkey. The page is limited before the join, so
    -- that no estimate of its rows makes the planner read the whole room
    select wanted.position, ${authoredColumns}
    from unnest(
      ${stretches.map(({ roomId }) => roomId)}::uuid[],
      ${stretches.map(({ above }) => above)}::integer[],
      ${stretches.map(({ upTo }) => upTo)}::integer[],
      ${stretches.map(({ take }) => take)}::integer[]
    ) with ordinality as wanted (room_id, above, up_to, take, position)
    cross join lateral (
      select *
      from messages
      where messages.room_id = wanted.room_id and messages.number > wanted.above and messages.number <= wanted.up_to
      order by messages.number ${order}
      limit wanted.take
    ) as messages
    left join users on users.id = messages.author_id
    order by wanted.position, messages.number ${order}`)
  return toLists(stretches, rows)
}

/** Reads one range, which most operations ask for: without a list. */
async function readStretch(sql: Sql, stretch: Stretch, order: Prisma.Sql): Promise<AuthoredMessage[]> {
  const { roomId, above, upTo, take } = stretch
  const rows = await sql<AuthoredRow>(Prisma.sql`
    -- readStretch: messages_room_id_number_key, take rows, and users_pkey; for every page
    select ${authoredColumns}
    from (
      select *
      from messages
      where messages.room_id = ${roomId}::uuid and messages.number > ${above} and messages.number <= ${upTo}
      order by messages.number ${order}
      limit ${take}
    ) as messages
    left join users on users.id = messages.author_id
    order by messages.number ${order}`)
  return rows.map(authoredTaker())
}

/** A message of a stretch, or only nulls for a stretch without messages. */
type StretchRow = ReplicaRow & {
  position: unknown
  /** True if the replica has the state that the stretch asks for. */
  isCurrent: boolean
} & (ShownMessage | { id: null })

/**
 * Reads ranges of histories on the replica.
 *
 * In one snapshot with the states of their topics.
 * Without the authors: names change without an event of the room, so that nothing here tells whether they are current.
 *
 * @returns the messages of each range; null for one whose state the replica does not have yet, or in another history.
 * Null alone when the replica did not answer.
 */
export async function readReplicaStretches(
  replica: Replica,
  stretches: readonly Stretch[],
  direction: Stretch['direction'],
): Promise<(ShownMessage[] | null)[] | null> {
  const order = direction === 'forward' ? Prisma.sql`asc` : Prisma.sql`desc`
  const rows = await replica.read<StretchRow>(
    (renewedAt) => Prisma.sql`
    -- readReplicaStretches: topics_pkey and events_pkey; messages_room_id_number_key, take rows a range
    select wanted.position, ${renewedAt}, topics.id is not null as "isCurrent", ${messageColumns}
    from unnest(
      ${stretches.map(({ roomId }) => roomId)}::uuid[],
      ${stretches.map(({ since }) => since.seq)}::bigint[],
      ${stretches.map(({ since }) => since.chain)}::text[],
      ${stretches.map(({ above }) => above)}::integer[],
      ${stretches.map(({ upTo }) => upTo)}::integer[],
      ${stretches.map(({ take }) => take)}::integer[]
    ) with ordinality as wanted (room_id, seq, chain, above, up_to, take, position)
    left join topics on topics.id = wanted.room_id and ${hasPosition}
    left join lateral (
      select *
      from messages
      where messages.room_id = topics.id and messages.number > wanted.above and messages.number <= wanted.up_to
      order by messages.number ${order}
      limit wanted.take
    ) as messages on true
    order by wanted.position, messages.number ${order}`,
  )
  if (!rows) return null
  const lists = new Map<number, ShownMessage[]>()
  for (const row of rows) {
    if (!row.isCurrent) continue
    const position = Number(row.position)
    const list = lists.get(position) ?? []
    lists.set(position, list)
    if (row.id !== null) list.push(row)
  }
  return stretches.map((_, index) => lists.get(index + 1) ?? null)
}
