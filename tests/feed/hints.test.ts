import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { expect, test as plain } from 'vitest'
import { createHintQueue, type NewHint, packHint, unpackHint } from '../../src/feed/hints/hint-queue.ts'
import { packHints, unpackHints } from '../../src/feed/notify/payload.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { createVirtualClock } from '../simulation/virtual-time.ts'
import { guest, makeRoom, send } from '../support/client.ts'
import { connect } from '../support/database.ts'
import { test, uuidOf } from '../support/members.ts'
import { createMemoryNotifiers } from '../support/memory-notifier.ts'

const hintOf = (given: Partial<NewHint> = {}): NewHint => ({
  ...{ topicId: randomUUID(), kind: 'TYPING_CHANGED', subject: randomUUID(), actorId: randomUUID(), value: 1 },
  ...given,
})

function createQueue(queuedMax: number) {
  const clock = createVirtualClock()
  const sent: (readonly NewHint[])[] = []
  const { counts } = createMetrics()
  const queue = createHintQueue({ clock, waitMs: 150, queuedMax, counts, send: (hints) => sent.push(hints) })
  return { clock, sent, queue, rest: () => clock.runOut(() => 1) }
}

plain('hints of one subject that come together become the last of them', async () => {
  const { queue, sent, rest } = createQueue(10)
  const [first, other] = [hintOf(), hintOf()]
  for (const hint of [first, other, { ...first, value: 0 }]) queue.add(hint)
  expect(sent).toEqual([])
  await rest()
  expect(sent).toEqual([[other, { ...first, value: 0 }]])
})

plain('one hint more than may wait drops the oldest, and what waits at the end is sent', async () => {
  const { queue, sent } = createQueue(2)
  const hints = [hintOf(), hintOf(), hintOf()]
  for (const hint of hints) queue.add(hint)
  queue.close()
  expect(sent).toEqual([hints.slice(1)])
})

plain('hints come over the wire as they went, as many as one notification takes', () => {
  const hints = Array.from({ length: 200 }, (_, value) => hintOf({ value, actorId: value % 3 ? randomUUID() : null }))
  for (const hint of hints) expect(unpackHint(packHint(hint))).toEqual(hint)
  const sender = randomUUID()
  const { payload, packed } = packHints(sender, hints)
  expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(7_900)
  expect(packed).toBeGreaterThan(60)
  expect(unpackHints(payload)).toEqual({ sender, hints: hints.slice(0, packed) })
})

plain('what is no hint is not read as one', () => {
  for (const text of ['', 'hint', 'echo me', `${randomUUID()}1`, `hint ${randomUUID()}`]) {
    expect(unpackHints(text), text).toBeNull()
  }
  const good = hintOf()
  expect(
    unpackHints(`hint ${randomUUID()} nonsense,${packHint(good)},${packHint(good).replace('t', 'z')}`)?.hints,
  ).toEqual([good])
})

test('a hint reaches three servers once each, and messages keep their numbers around it', async ({
  one,
  two,
  start,
}) => {
  const servers = [one, two, await start()]
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const query = `subscription ($roomId: ID!) {
    roomEvents(roomId: $roomId) {
      __typename
      ... on TypingChanged { users { displayName } }
      ... on MessageSent { message { number } }
    }
  }`
  const streams = servers.map((server) => ada.at(server).follow(query, { roomId }))
  for (const stream of streams) expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
  await send(ada, roomId, 'before')
  const messageSent = (number: number) => ({ roomEvents: { __typename: 'MessageSent', message: { number } } })
  for (const stream of streams) expect(await stream.nextData()).toEqual(messageSent(1))
  await ada.call('mutation ($roomId: ID!) { setTyping(input: { roomId: $roomId, isTyping: true }) { expiresAt } }', {
    roomId,
  })
  const typing = { roomEvents: { __typename: 'TypingChanged', users: [{ displayName: 'Ada' }] } }
  for (const stream of streams) expect(await stream.nextData()).toEqual(typing)
  await send(ada, roomId, 'after')
  // the next thing that comes: the hint was not told again
  for (const stream of streams) expect(await stream.nextData()).toEqual(messageSent(2))
})

const anyEvent = `subscription ($roomId: ID!) {
  roomEvents(roomId: $roomId) {
    __typename
    ... on TypingChanged { users { id } }
    ... on PresenceChanged { user { presence { status } } }
    ... on ReceiptAdvanced { membership { lastReadNumber } }
    ... on MessageSent { message { number } }
  }
}`
const setTyping = 'mutation ($roomId: ID!) { setTyping(input: { roomId: $roomId, isTyping: true }) { expiresAt } }'
const synced = { roomEvents: { __typename: 'Synced' } }
const numbered = (number: number) => ({ roomEvents: { __typename: 'MessageSent', message: { number } } })

test('P11 a message does not wait for hints that are stuck', async ({ start, databaseUrl }) => {
  // so that they are still stuck in the end
  const patient = { feed: { statementTimeoutMs: 60_000 } }
  const [one, two] = [await start(patient), await start(patient)]
  const [ada, bob] = [await guest(one, 'Ada'), await guest(two, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const streams = [bob, ada].map((client) => client.follow(anyEvent, { roomId }))
  for (const stream of streams) expect(await stream.nextData()).toEqual(synced)
  await Promise.all([one, two].map(({ parts }) => parts.presenceTracker.settle()))
  const heard = streams.map(({ arrived }) => arrived.length)
  const rude = await connect(databaseUrl)
  try {
    // who is here can neither be read nor written now
    await rude.query('begin; lock table user_presences in access exclusive mode')
    const topicId = uuidOf(roomId)
    for (const { parts } of [one, two]) {
      for (let hints = 0; hints < 10; hints++) {
        const subject = hints % 2 ? uuidOf(ada.userId) : uuidOf(bob.userId)
        parts.feed.hint({ topicId, kind: 'PRESENCE_CHANGED', subject, actorId: null, value: 0 })
      }
    }
    await expect.poll(() => waitingFor(rude, 'user_presences')).toBeGreaterThan(0)
    for (let number = 1; number <= 5; number++) {
      await send(ada, roomId, 'nobody waits')
      await ada.call(setTyping, { roomId })
    }
    for (const stream of streams) await expect.poll(() => stream.arrived).toContainEqual({ data: numbered(5) })
    expect(await waitingFor(rude, 'user_presences')).toBeGreaterThan(0)
  } finally {
    await rude.end()
  }
  for (const [index, { arrived }] of streams.entries()) {
    const events = arrived.slice(heard[index]).filter(({ data }) => JSON.stringify(data).includes('MessageSent'))
    expect(events.map(({ data }) => data)).toEqual([1, 2, 3, 4, 5].map(numbered))
  }
})

test('P11 where every hint is lost, no message is', async ({ start }) => {
  const bell = createMemoryNotifiers()
  const deaf = () => ({ ...bell.notifier(), hint: () => {} })
  const [here, there] = [await start({}, { notifier: deaf() }), await start({}, { notifier: deaf() })]
  const [ada, bob] = [await guest(here, 'Ada'), await guest(there, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const stream = bob.follow(anyEvent, { roomId })
  expect(await stream.nextData()).toEqual(synced)
  for (let number = 1; number <= 3; number++) {
    await ada.call(setTyping, { roomId })
    await send(ada, roomId, 'here I am')
  }
  await expect.poll(() => stream.arrived).toContainEqual({ data: numbered(3) })
  const kinds = stream.arrived.flatMap(({ data }) => JSON.stringify(data).match(/TypingChanged|MessageSent/g) ?? [])
  expect(kinds).toEqual(['MessageSent', 'MessageSent', 'MessageSent'])
})

/** How many statements wait for a table. */
async function waitingFor(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'select count(*)::int as count from pg_locks where not granted and relation = $1::regclass',
    [table],
  )
  return rows[0]?.count ?? 0
}
