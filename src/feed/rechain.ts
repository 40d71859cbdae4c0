import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { chainOfNothing, link } from './chain.ts'
import { type FeedEvent, readAfter } from './events.ts'

/** Events that are linked again in one statement. */
const eventsPerStep = 1_000

/**
 * Links the events of a topic again, after a change of their times or subjects.
 *
 * Runs in the transaction of the change, under the lock of the topic. Cursors from before prove nothing any longer: their
 * clients resync. A feed that was trimmed begins with an arbitrary chain.
 */
export async function rechain(sql: Sql, topicId: string): Promise<void> {
  let chain = chainOfNothing
  let after = 0
  for (;;) {
    const page = (await readAfter(sql, [{ topicId, after }], eventsPerStep)).get(topicId)
    if (!page || page.events.length === 0) return
    const linked = page.events.map((event): FeedEvent => {
      chain = link(chain, event)
      return { ...event, chain }
    })
    await storeChains(sql, topicId, linked)
    after = linked.at(-1)?.seq ?? after
  }
}

async function storeChains(sql: Sql, topicId: string, events: readonly FeedEvent[]): Promise<void> {
  const linked = Prisma.sql`
    unnest(
      ${events.map((event) => event.seq)}::bigint[],
      ${events.map((event) => event.chain)}::text[]
    ) as linked (seq, chain)`
  await sql(Prisma.sql`
    -- rechain, events: events_pkey
    update events
    set chain = decode(linked.chain, 'hex')
    from ${linked}
    where events.topic_id = ${topicId}::uuid and events.seq = linked.seq`)
  await sql(Prisma.sql`
    -- rechain, topics: topics_pkey
    update topics
    set chain = decode(linked.chain, 'hex')
    from ${linked}
    where topics.id = ${topicId}::uuid and topics.head = linked.seq`)
  await sql(Prisma.sql`
    -- rechain, messages: messages_room_id_number_key, all messages of the room
    update messages
    set chain = decode(linked.chain, 'hex')
    from ${linked}
    where messages.room_id = ${topicId}::uuid and messages.seq = linked.seq`)
}
