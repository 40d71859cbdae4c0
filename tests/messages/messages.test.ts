import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { type Client, guest, makeRoom, type SentMessage, send } from '../support/client.ts'
import { test } from '../support/server.ts'

const sendMutation =
  'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id number body } } }'
const editMutation =
  'mutation ($input: EditMessageInput!) { editMessage(input: $input) { message { body editedAt edits { body } } } }'

interface Page {
  nodes: SentMessage[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null }
}

async function history(client: Client, roomId: string, args: string): Promise<Page> {
  const { room } = await client.call<{ room: { messages: Page } }>(
    `query ($id: ID!) {
      room(id: $id) {
        messages(${args}) { nodes { number } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
      }
    }`,
    { id: roomId },
  )
  return room.messages
}

const numbers = (page: Page) => page.nodes.map((message) => message.number)

test('a body may be as long as its bounds and not longer', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const { messageLengthMax, messageBytesMax } = limits
  // four bytes each in UTF-8, and two units each in UTF-16
  const widest = '😀'.repeat(messageLengthMax)
  expect(Buffer.byteLength(widest)).toBeLessThanOrEqual(messageBytesMax)
  for (const body of ['a', 'a'.repeat(messageLengthMax), widest, ' spaces \n and lines ']) {
    expect((await send(ada, roomId, body)).body).toBe(body)
  }
  for (const body of ['', ' \n\t', '\u00a0', 'a'.repeat(messageLengthMax + 1), `${widest}a`, 'a\0b', 'half \ud83d']) {
    expect(await ada.fail(sendMutation, { input: { roomId, body } }), JSON.stringify(body.slice(0, 20))).toBe(
      'BAD_USER_INPUT',
    )
  }
  expect(numbers(await history(ada, roomId, 'first: 100'))).toEqual([1, 2, 3, 4])
})

test('something of a message shows', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  for (const body of ['\u200B', '\u2060 \u00AD', '\u2800', '\u3164', '\u115F\uFFA0', '\u180E', '\uFE0F', '\u0007']) {
    expect(await ada.fail(sendMutation, { input: { roomId, body } }), JSON.stringify(body)).toBe('BAD_USER_INPUT')
  }
  for (const body of ['👩\u200D👧', '❤\uFE0F', 'می\u200Cخواهم', '\u200Ba\u200B', '。']) {
    expect((await send(ada, roomId, body)).body).toBe(body)
  }
})

test('a nonce may be as long as its bound and not longer', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const nonce = 'n'.repeat(limits.nonceLengthMax)
  const first = await send(ada, roomId, 'hello', nonce)
  expect((await send(ada, roomId, 'hello', nonce)).id).toBe(first.id)
  for (const bad of [`${nonce}n`, '', 'a\0b']) {
    expect(await ada.fail(sendMutation, { input: { roomId, body: 'hello', nonce: bad } })).toBe('BAD_USER_INPUT')
  }
})

test('the nonces of another author, or of another room, are others', async ({ one }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const [roomId, otherId] = [await makeRoom(ada, [bob]), await makeRoom(ada)]
  const nonce = randomUUID()
  const sent = [
    await send(ada, roomId, 'hello', nonce),
    await send(bob, roomId, 'hello', nonce),
    await send(ada, otherId, 'hello', nonce),
  ]
  expect(new Set(sent.map((message) => message.id)).size).toBe(3)
})

test('only members send, and what may not be seen is as what does not exist', async ({ one }) => {
  const [ada, eve] = [await guest(one), await guest(one)]
  const openId = await makeRoom(ada)
  const { createRoom } = await ada.call<{ createRoom: { room: { id: string } } }>(
    'mutation { createRoom(input: { name: "Secret", access: INVITE }) { room { id } } }',
  )
  const unknownId = createRoom.room.id.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
  expect(await eve.fail(sendMutation, { input: { roomId: openId, body: 'hi' } })).toBe('FORBIDDEN')
  const answers = await Promise.all(
    [createRoom.room.id, unknownId].map((roomId) => eve.attempt(sendMutation, { input: { roomId, body: 'hi' } })),
  )
  expect(answers[0]).toEqual(answers[1])
  expect(answers[0]?.errors?.[0]?.extensions.code).toBe('NOT_FOUND')
})

test('an author edits, and what the message said before is kept', async ({ one }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const { id: messageId } = await send(bob, roomId, 'frist')
  const { editMessage } = await bob.call<{ editMessage: { message: Record<string, unknown> } }>(editMutation, {
    input: { messageId, body: 'first' },
  })
  expect(editMessage.message).toMatchObject({ body: 'first', editedAt: expect.any(String), edits: [{ body: 'frist' }] })
  expect(await ada.fail(editMutation, { input: { messageId, body: 'mine' } })).toBe('FORBIDDEN')
  for (const body of [' ', '\u200D\u2060']) {
    expect(await bob.fail(editMutation, { input: { messageId, body } })).toBe('BAD_USER_INPUT')
  }
})

test('a reply answers a message of the same room', async ({ one }) => {
  const ada = await guest(one)
  const [roomId, otherId] = [await makeRoom(ada), await makeRoom(ada)]
  const { id: replyToId } = await send(ada, roomId, 'question')
  const { sendMessage } = await ada.call<{ sendMessage: { message: { replyTo: { body: string } } } }>(
    'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { replyTo { body } } } }',
    { input: { roomId, body: 'answer', replyToId } },
  )
  expect(sendMessage.message.replyTo.body).toBe('question')
  expect(await ada.fail(sendMutation, { input: { roomId: otherId, body: 'answer', replyToId } })).toBe('BAD_USER_INPUT')
})

test('history is paged from either end, in order of number', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  for (let index = 0; index < 7; index++) await send(ada, roomId, `${index}`)
  const first = await history(ada, roomId, 'first: 3')
  expect(numbers(first)).toEqual([1, 2, 3])
  expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
  const second = await history(ada, roomId, `first: 4, after: "${first.pageInfo.endCursor}"`)
  expect(numbers(second)).toEqual([4, 5, 6, 7])
  expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
  const last = await history(ada, roomId, 'last: 3')
  expect(numbers(last)).toEqual([5, 6, 7])
  expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
  const before = await history(ada, roomId, `last: 10, before: "${last.pageInfo.startCursor}"`)
  expect(numbers(before)).toEqual([1, 2, 3, 4])
  expect(before.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
  const empty = await history(ada, await makeRoom(ada), 'last: 1')
  expect(empty.pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null })
})

test('a cursor that is no place in a history is refused', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  await send(ada, roomId, 'hello')
  for (const keys of [['a'], ['1.5'], ['2147483648'], ['-1'], [''], [], ['1', '2']]) {
    const cursor = Buffer.from(JSON.stringify(keys)).toString('base64url')
    for (const args of [`first: 1, after: "${cursor}"`, `last: 1, before: "${cursor}"`]) {
      const query = `query ($id: ID!) { room(id: $id) { messages(${args}) { nodes { id } } } }`
      expect(await ada.fail(query, { id: roomId }), args).toBe('BAD_USER_INPUT')
    }
  }
})

test('a page beyond its bounds is refused', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const max = limits.pageSizeMax
  expect(numbers(await history(ada, roomId, `first: ${max}`))).toEqual([])
  for (const args of [
    `first: ${max + 1}`,
    `last: ${max + 1}`,
    'first: -1',
    'last: -1',
    'first: 1, last: 1',
    'after: "x"',
  ]) {
    const query = `query ($id: ID!) { room(id: $id) { messages(${args}) { nodes { id } } } }`
    expect(await ada.fail(query, { id: roomId }), args).toBe('BAD_USER_INPUT')
  }
})
