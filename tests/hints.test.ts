import { randomUUID } from 'node:crypto'
import { expect, test as plain } from 'vitest'
import { createHintQueue, type NewHint, packHint, unpackHint } from '../src/feed/hints.ts'
import { packHints, unpackHints } from '../src/feed/payload.ts'
import { guest, makeRoom, send } from './setup/client.ts'
import { test } from './setup/server.ts'
import { createVirtualClock } from './setup/virtual-time.ts'

const hintOf = (given: Partial<NewHint> = {}): NewHint => ({
  ...{ topicId: randomUUID(), kind: 'TYPING_CHANGED', subject: randomUUID(), actorId: randomUUID(), value: 1 },
  ...given,
})

function createQueue(queuedMax: number) {
  const clock = createVirtualClock()
  const sent: (readonly NewHint[])[] = []
  const queue = createHintQueue({ clock, waitMs: 150, queuedMax, send: (hints) => sent.push(hints) })
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
