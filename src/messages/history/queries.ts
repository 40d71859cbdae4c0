import type { Replica, ReplicaRow } from '../../database/read-replica.ts'
import { hasPosition } from '../../feed/topics.ts'
import { type Message, Prisma } from '../../generated/prisma/client.ts'
import { messageColumns, type Stretch, toMessage } from '../queries.ts'

interface StretchRow extends ReplicaRow {
  position: unknown
  /** True if the replica has the state that the stretch asks for. */
  isCurrent: boolean
  /** Null in the row of a stretch without messages. */
  id: string | null
}

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
): Promise<(Message[] | null)[] | null> {
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
  const lists = new Map<number, Message[]>()
  for (const row of rows) {
    if (!row.isCurrent) continue
    const position = Number(row.position)
    const list = lists.get(position) ?? []
    lists.set(position, list)
    if (row.id !== null) list.push(toMessage(row))
  }
  return stretches.map((_, index) => lists.get(index + 1) ?? null)
}
