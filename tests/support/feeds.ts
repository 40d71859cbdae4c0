// Changes of feeds that bypass Kabar: put them back, link them again, verify them.

import type pg from 'pg'
import { type Sql, sqlOf } from '../../src/database/sql.ts'
import { rechain } from '../../src/feed/rechain.ts'
import { readTopicsToVerify, verifyFeeds } from '../../src/feed/verify.ts'
import { parseId } from '../../src/input/ids.ts'

/** Plain SQL of a test on its own connection. */
const plainSql = (client: pg.ClientBase | pg.Pool): Sql => sqlOf(client, () => undefined)

/** Names the breaks in all feeds of a database, such as `<topic> at 7`. */
export async function findBreaks(client: pg.ClientBase | pg.Pool): Promise<string[]> {
  const sql = plainSql(client)
  const topics = await readTopicsToVerify(sql, { afterId: null, take: 1_000_000 })
  const stretches = topics.filter(({ head }) => head > 0).map(({ id }) => ({ topicId: id, after: 0 }))
  const { breaks } = await verifyFeeds(sql, stretches, 1_000)
  return breaks.map(({ topicId, seq }) => `${topicId} at ${seq}`)
}

/**
 * Gives a topic another history with the same events, so that no cursor from before is of it.
 *
 * So it is after a restore from which the rows of the topic were written again.
 */
export async function rewriteHistory(client: pg.Client, topicId: string): Promise<void> {
  await client.query('begin')
  await client.query('select from topics where id = $1 for update', [topicId])
  await client.query(`update events set at = at + interval '1 millisecond' where topic_id = $1`, [topicId])
  await rechain(plainSql(client), topicId)
  await client.query('commit')
}

/**
 * Remembers the state of a room, to put it back to it later.
 *
 * That is what a failover does that loses the newest commits, or a restore of a backup. Returns how to put it back.
 */
export async function rememberRoom(client: pg.Client, id: string): Promise<() => Promise<void>> {
  const room = parseId('Room', id, 'id')
  const { rows: bodies } = await client.query('select id, body, edited_at from messages where room_id = $1', [room])
  const { rows } = await client.query('select head, floor, chain, last_number from topics where id = $1', [room])
  const [{ head, floor, chain, last_number }] = rows
  return async () => {
    await client.query('begin')
    await client.query('delete from events where topic_id = $1 and seq > $2', [room, head])
    await client.query('delete from messages where room_id = $1 and seq > $2', [room, head])
    for (const { id: messageId, body, edited_at } of bodies) {
      await client.query('update messages set body = $2, edited_at = $3 where id = $1', [messageId, body, edited_at])
    }
    await client.query('update topics set head = $2, floor = $3, chain = $4, last_number = $5 where id = $1', [
      room,
      head,
      floor,
      chain,
      last_number,
    ])
    await client.query('commit')
  }
}
