// Connections keep the plans that PostgreSQL made for the small tables of a new installation, until the next ANALYZE.
// The rows that sends and pages read must not grow with the rooms even then.

import { expect } from 'vitest'
import { guest, makeRoom, send } from '../support/client.ts'
import { openDirect, test, uuidOf } from '../support/members.ts'
import { youngReadingsOf } from '../support/plans.ts'
import { recordStatements } from '../support/statements.ts'

const messageCount = 5_000

/** Rows that a statement may read. */
const rowsMax = 200

test('reads of sends, marks, streams and pages stay cheap with the plans of small tables', async ({
  one,
  db,
  databaseUrl,
}) => {
  // an ANALYZE would make new plans
  await db.$executeRaw`alter table messages set (autovacuum_enabled = false)`
  const ada = await guest(one, 'Ada')
  const bob = await guest(one, 'Bob')
  const roomId = await makeRoom(ada, [bob])
  const first = await send(bob, roomId, 'the first')
  const events = ada.follow<unknown>('subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { body } }', {
    roomId,
  })
  const page = `query ($roomId: ID!) {
    room(id: $roomId) { messages(last: 20) { nodes { body author { displayName } replyTo { body } reactions { count } } } }
  }`
  const statements = await recordStatements(async () => {
    await send(ada, roomId, 'hello', 'a nonce')
    await send(ada, await openDirect(ada, bob), 'hello @bob')
    await ada.call(
      'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id replyTo { body } } } }',
      { input: { roomId, body: 'an answer', replyToId: first.id } },
    )
    await bob.call('mutation ($input: ReactionInput!) { addReaction(input: $input) { message { id } } }', {
      input: { messageId: first.id, emoji: '👍' },
    })
    await bob.call('mutation ($input: EditMessageInput!) { editMessage(input: $input) { message { body } } }', {
      input: { messageId: first.id, body: 'the first, edited' },
    })
    await bob.call('mutation ($input: MarkReadInput!) { markRead(input: $input) { membership { unreadCount } } }', {
      input: { roomId, number: 2 },
    })
    await events.nextData()
    await ada.call(page, { roomId })
    await bob.call(
      '{ viewer { memberships(first: 20) { nodes { unreadCount mentionCount room { lastMessage { body } } } } } }',
    )
  })
  events.stop()
  const readings = await youngReadingsOf(databaseUrl, statements, async () => {
    await db.$executeRaw`
      insert into messages (id, room_id, number, seq, author_id, body, terms, terms_version, created_at)
      select gen_random_uuid(), ${uuidOf(roomId)}::uuid, 100 + place, 100 + place, ${uuidOf(bob.userId)}::uuid,
        'straw', to_tsvector('simple', 'straw'), 1, now()
      from generate_series(1, ${messageCount}::integer) as place`
    await db.$executeRaw`
      insert into reactions (message_id, emoji, user_id)
      select id, '👍', author_id from messages where room_id = ${uuidOf(roomId)}::uuid and number > 100`
    await db.$executeRaw`
      insert into mentions (message_id, user_id, room_id, number)
      select id, ${uuidOf(ada.userId)}::uuid, room_id, number from messages where number > 100`
  })
  expect(readings.length).toBeGreaterThan(20)
  for (const { rows, text, plan } of readings) expect.soft(rows, `${text}\n${plan}`).toBeLessThanOrEqual(rowsMax)
})
