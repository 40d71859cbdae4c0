import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { type DigestLine, type DigestPart, digestOf, digestParts } from '../../src/messages/digest/service.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { readText } from '../support/documents.ts'
import { test } from '../support/server.ts'

interface Vector {
  name: string
  parts: DigestPart[]
  /** Times are text, as the API prints them. */
  messages: (Omit<DigestLine, 'deletedAt' | 'editedAt' | 'pinnedAt'> &
    Record<'deletedAt' | 'editedAt' | 'pinnedAt', string | null>)[]
  hash: string
}

const time = (text: string | null) => (text === null ? null : new Date(text))

test('the digests of the published examples are what they were', () => {
  // clients in other languages are checked against this file: a change of it is a new version of the format
  const vectors = JSON.parse(readText('tests/vectors/room-digest.json')) as Vector[]
  expect(vectors.length).toBeGreaterThan(4)
  for (const { name, parts, messages, hash } of vectors) {
    const lines = messages.map(({ deletedAt, editedAt, pinnedAt, ...line }) => {
      return { ...line, deletedAt: time(deletedAt), editedAt: time(editedAt), pinnedAt: time(pinnedAt) }
    })
    expect([name, digestOf(lines, new Set(parts))]).toEqual([name, hash])
  }
})

interface Digest {
  hash: string
  eventCursor: string
}

const digestQuery = `query ($id: ID!, $from: Int!, $to: Int!, $parts: [DigestPart!]) {
  room(id: $id) { eventCursor digest(from: $from, to: $to, parts: $parts) { hash eventCursor } }
}`

async function digest(client: Client, roomId: string, more: { from?: number; to?: number; parts?: DigestPart[] } = {}) {
  const variables = { id: roomId, from: 1, to: 50, ...more }
  const { room } = await client.call<{ room: { eventCursor: string; digest: Digest } }>(digestQuery, variables)
  return { ...room.digest, roomCursor: room.eventCursor }
}

interface Shown {
  id: string
  number: number
  kind: string
  action: string | null
  body: string
  editedAt: string | null
  deletedAt: string | null
  pinnedAt: string | null
  reactions: { emoji: string; count: number }[]
}

/** As a client would do it: of what the API shows, by the words of the schema alone. */
async function ownDigest(client: Client, roomId: string): Promise<string> {
  const { room } = await client.call<{ room: { messages: { nodes: Shown[] } } }>(
    `query ($id: ID!) { room(id: $id) { messages(first: 100) { nodes {
      id number kind action body editedAt deletedAt pinnedAt reactions { emoji count }
    } } } }`,
    { id: roomId },
  )
  const lines = room.messages.nodes.map((message) => {
    const { number, id, kind, deletedAt, action, body, editedAt, pinnedAt } = message
    const reactions = message.reactions.map(({ emoji, count }) => [emoji, count] as const)
    reactions.sort(([a], [b]) => (a < b ? -1 : 1))
    return JSON.stringify([number, id, kind, deletedAt, action ?? body, editedAt, pinnedAt, reactions])
  })
  const text = ['kabar-digest-1', ...lines].map((line) => `${line}\n`).join('')
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

const change = (client: Client, name: string, input: object) =>
  client.call(
    `mutation ($input: ${name.replace(/^./, (letter) => letter.toUpperCase())}Input!) { ${name}(input: $input) { __typename } }`,
    { input },
  )
const react = (client: Client, messageId: string, emoji: string) =>
  client.call('mutation ($input: ReactionInput!) { addReaction(input: $input) { __typename } }', {
    input: { messageId, emoji },
  })
const pin = (client: Client, messageId: string) =>
  client.call('mutation ($input: PinMessageInput!) { pinMessage(input: $input) { __typename } }', {
    input: { messageId },
  })

test('P13 every kind of change of a message changes the digest, and a client computes the same', async ({
  one,
  start,
}) => {
  const server = await start({ systemMessages: true })
  const ada = await guest(server, 'Ada')
  const bob = await guest(one, 'Bob')
  const roomId = await makeRoom(ada, [bob.at(server)])
  const message = await send(ada, roomId, 'first “quoted” \u2028 line 😀')
  const seen = new Set<string>()
  const look = async (what: string) => {
    const { hash, eventCursor, roomCursor } = await digest(ada, roomId)
    expect([what, hash]).toEqual([what, await ownDigest(ada, roomId)])
    expect([what, eventCursor]).toEqual([what, roomCursor])
    expect([what, seen.has(hash)]).toEqual([what, false])
    seen.add(hash)
  }
  await look('a message and one of the server')
  await change(ada, 'editMessage', { messageId: message.id, body: 'edited' })
  await look('edited')
  await react(bob, message.id, '👍')
  await look('one reaction')
  await react(ada, message.id, '👍')
  await look('two reactions')
  await react(ada, message.id, '🎉')
  await look('two emojis')
  await pin(ada, message.id)
  await look('pinned')
  await change(ada, 'deleteMessage', { messageId: message.id })
  await look('deleted')
})

test('the digest covers what is asked for, and no more', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const message = await send(ada, roomId, 'hello')
  const of = async (...parts: DigestPart[]) => (await digest(ada, roomId, { parts })).hash
  const before = { none: await of(), body: await of('BODY'), pins: await of('PINS'), reactions: await of('REACTIONS') }
  await react(ada, message.id, '👍')
  await pin(ada, message.id)
  expect({ none: await of(), body: await of('BODY') }).toEqual({ none: before.none, body: before.body })
  expect(await of('PINS')).not.toBe(before.pins)
  expect(await of('REACTIONS')).not.toBe(before.reactions)
  expect(await of(...digestParts)).toBe((await digest(ada, roomId)).hash)
  expect(await of('REACTIONS', 'BODY')).toBe(await of('BODY', 'REACTIONS'))
})

test('who has blocked an author gets the digest of what they see', async ({ one }) => {
  const ada = await guest(one)
  const bob = await guest(one)
  const roomId = await makeRoom(ada, [bob])
  await react(ada, (await send(bob, roomId, 'hidden from Ada')).id, '👍')
  await send(ada, roomId, 'seen by both')
  const bobs = (await digest(bob, roomId)).hash
  expect((await digest(ada, roomId)).hash).toBe(bobs)
  await ada.call('mutation ($id: ID!) { blockUser(input: { userId: $id }) { __typename } }', { id: bob.userId })
  expect((await digest(ada, roomId)).hash).not.toBe(bobs)
  expect((await digest(ada, roomId)).hash).toBe(await ownDigest(ada, roomId))
  expect((await digest(bob, roomId)).hash).toBe(bobs)
})

test('a digest is of at most a page of numbers, from 1', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  await send(ada, roomId, 'hello')
  const most = limits.pageSizeMax
  expect(await digest(ada, roomId, { from: 1, to: most })).toMatchObject({ hash: (await digest(ada, roomId)).hash })
  for (const [from, to] of [
    [0, 1],
    [-1, 1],
    [2, 1],
    [1, most + 1],
  ]) {
    expect([from, to, await ada.fail(digestQuery, { id: roomId, from, to })]).toEqual([from, to, 'BAD_USER_INPUT'])
  }
})
