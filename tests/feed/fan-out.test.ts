import type pg from 'pg'
import { expect } from 'vitest'
import { guest, makeRoom, send } from '../support/client.ts'
import { connect } from '../support/database.ts'
import { test } from '../support/server.ts'
import { statementsOf } from '../support/statements.ts'

interface Events {
  roomEvents: {
    __typename: string
    cursor: string
    message?: { number: number; body: string; room: { viewerMembership: { user: { displayName: string } } } }
  }
}

/** The rows of users and blocks have UUIDs where clients see ids. */
const uuidOf = async (client: pg.Client, displayName: string): Promise<string> => {
  const { rows } = await client.query('select id from users where display_name = $1', [displayName])
  return rows[0].id
}

test('a selection that depends on the viewer gives each viewer their own answer', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(one, 'Bob')
  const roomId = await makeRoom(ada, [bob])
  const query = `subscription ($roomId: ID!) {
    roomEvents(roomId: $roomId) {
      __typename
      ... on MessageSent { message { number room { viewerMembership { user { displayName } } } } }
    }
  }`
  const streams = [ada, bob, ada, bob].map((client) => ({
    name: client.name,
    stream: client.at(two).follow<Events>(query, { roomId }),
  }))
  for (const { stream } of streams) expect((await stream.nextData()).roomEvents.__typename).toBe('Synced')
  for (let number = 1; number <= 3; number++) {
    await send(ada, roomId, 'hello')
    for (const { name, stream } of streams) {
      expect((await stream.nextData()).roomEvents.message).toEqual({
        number,
        room: { viewerMembership: { user: { displayName: name } } },
      })
    }
  }
})

test('messages of somebody whom the viewer has blocked come as Hidden, to that viewer alone', async ({
  one,
  databaseUrl,
}) => {
  const ada = await guest(one, 'Ada who blocks')
  const bob = await guest(one, 'Bob who is blocked')
  const cyd = await guest(one, 'Cyd')
  const roomId = await makeRoom(ada, [bob, cyd])
  const database = await connect(databaseUrl)
  await database.query('insert into blocks (blocker_id, blocked_id) values ($1, $2)', [
    await uuidOf(database, ada.name),
    await uuidOf(database, bob.name),
  ])
  await database.end()
  const query = `subscription ($roomId: ID!, $after: EventCursor) {
    roomEvents(roomId: $roomId, after: $after) { __typename cursor ... on MessageSent { message { number body } } }
  }`
  const streams = { ada: ada.follow<Events>(query, { roomId }), cyd: cyd.follow<Events>(query, { roomId }) }
  const start = (await streams.ada.nextData()).roomEvents
  expect(start.__typename).toBe('Synced')
  expect((await streams.cyd.nextData()).roomEvents.__typename).toBe('Synced')
  await send(bob, roomId, 'you do not want to read this')
  await send(cyd, roomId, 'hello')

  const hidden = (await streams.ada.nextData()).roomEvents
  expect(hidden).toEqual({ __typename: 'Hidden', cursor: expect.any(String) })
  expect((await streams.ada.nextData()).roomEvents).toMatchObject({ message: { number: 2, body: 'hello' } })
  expect((await streams.cyd.nextData()).roomEvents).toMatchObject({ message: { number: 1 } })
  expect((await streams.cyd.nextData()).roomEvents).toMatchObject({ message: { number: 2, body: 'hello' } })

  // the same when it is read again, and its cursor is a place to go on from
  const again = ada.follow<Events>(query, { roomId, after: start.cursor })
  expect((await again.nextData()).roomEvents).toEqual(hidden)
  const on = ada.follow<Events>(query, { roomId, after: hidden.cursor })
  expect((await on.nextData()).roomEvents).toMatchObject({ message: { number: 2 } })
})

test('a subscription among many of one socket can be ended alone', async ({ one }) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const before = one.parts.feed.state().subscribers
  const query = 'subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { number } }'
  const [first, second] = [ada.follow(query, { roomId }), ada.follow(query, { roomId })]
  await expect.poll(() => one.parts.feed.state().subscribers).toBe(before + 2)
  first.stop()
  await expect.poll(() => one.parts.feed.state().subscribers).toBe(before + 1)
  await send(ada, roomId, 'hello')
  expect(await second.nextData()).toEqual({ messageAdded: { number: 1 } })
  expect(first.arrived).toEqual([])
})

test('an event is read once, however often its number is rung', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const query = `subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { __typename ... on MessageSent { message { body } } } }`
  const stream = ada.follow<Events>(query, { roomId })
  expect((await stream.nextData()).roomEvents.__typename).toBe('Synced')
  // its own ring, and the one by PostgreSQL that comes during the read
  const statements = await statementsOf(async () => {
    for (let number = 1; number <= 20; number++) {
      await send(ada, roomId, `message ${number}`)
      expect((await stream.nextData()).roomEvents.message?.body).toBe(`message ${number}`)
    }
  })
  expect(statements.filter((text) => text.includes('-- readAfter:'))).toHaveLength(20)
})

test('messages that arrive in many rooms at once are read in statements that the rooms share', async ({ one }) => {
  const ada = await guest(one)
  const roomIds = await Promise.all(Array.from({ length: 12 }, () => makeRoom(ada)))
  const query = `subscription ($roomId: ID!) {
    roomEvents(roomId: $roomId) { __typename ... on MessageSent { message { body author { displayName } } } }
  }`
  const streams = roomIds.map((roomId) => ada.follow<Events>(query, { roomId }))
  for (const stream of streams) expect((await stream.nextData()).roomEvents.__typename).toBe('Synced')
  const statements = await statementsOf(async () => {
    await Promise.all(roomIds.map((roomId) => send(ada, roomId, `to ${roomId}`)))
    const heard = await Promise.all(streams.map(async (stream) => (await stream.nextData()).roomEvents.message?.body))
    expect(heard).toEqual(roomIds.map((roomId) => `to ${roomId}`))
  })
  const reads = statements.filter((text) => text.includes('-- readMessages:'))
  expect(reads.length).toBeGreaterThan(0)
  expect(reads.length).toBeLessThanOrEqual(roomIds.length / 2)
})
