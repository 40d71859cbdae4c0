import { expect } from 'vitest'
import { guest, makeRoom, send } from '../support/client.ts'
import { test } from '../support/server.ts'
import { statementsOf } from '../support/statements.ts'

const reply = `mutation ($input: SendMessageInput!) {
  sendMessage(input: $input) { message { id number replyTo { body deletedAt replyCount } } }
}`
const replies = (args: string) => `query ($id: ID!) {
  node(id: $id) {
    ... on Message { replyCount replies(${args}) { nodes { number body } pageInfo { hasNextPage endCursor } } }
  }
}`

interface Replies {
  node: {
    replyCount: number
    replies: { nodes: { number: number }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
  }
}

test('a message knows its replies in order of number', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const { id } = await send(ada, roomId, 'question')
  const numbers: number[] = []
  for (let index = 0; index < 5; index++) {
    await send(ada, roomId, 'by the way')
    const data = await ada.call<{ sendMessage: { message: { number: number; replyTo: unknown } } }>(reply, {
      input: { roomId, body: `answer ${index}`, replyToId: id },
    })
    expect(data.sendMessage.message.replyTo).toEqual({ body: 'question', deletedAt: null, replyCount: index + 1 })
    numbers.push(data.sendMessage.message.number)
  }
  const first = await ada.call<Replies>(replies('first: 3'), { id })
  expect(first.node.replyCount).toBe(5)
  expect(first.node.replies.nodes.map(({ number }) => number)).toEqual(numbers.slice(0, 3))
  expect(first.node.replies.pageInfo.hasNextPage).toBe(true)
  const rest = await ada.call<Replies>(replies(`after: "${first.node.replies.pageInfo.endCursor}"`), { id })
  expect(rest.node.replies.nodes.map(({ number }) => number)).toEqual(numbers.slice(3))
  expect(rest.node.replies.pageInfo.hasNextPage).toBe(false)
  for (const place of ['x', '-1', '1e99']) {
    const after = Buffer.from(JSON.stringify([place])).toString('base64url')
    expect(await ada.fail(replies(`after: "${after}"`), { id }), place).toBe('BAD_USER_INPUT')
  }
})

test('a deleted message can be answered, and its answers show the tombstone', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const { id } = await send(ada, roomId, 'question')
  await ada.call('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', { id })
  const { sendMessage } = await ada.call<{ sendMessage: { message: { replyTo: unknown } } }>(reply, {
    input: { roomId, body: 'why?', replyToId: id },
  })
  expect(sendMessage.message.replyTo).toEqual({ body: '', deletedAt: expect.any(String), replyCount: 1 })
})

test('the replies of a page of messages take as many statements as those of one', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const query = `query ($id: ID!) {
    room(id: $id) { messages(last: 50) { nodes { replyCount replies(first: 2) { nodes { body author { id } } } } } }
  }`
  const measure = async (count: number) => {
    for (let index = 0; index < count; index++) {
      const { id } = await send(ada, roomId, 'question')
      for (const body of ['yes', 'no', 'perhaps']) await ada.call(reply, { input: { roomId, body, replyToId: id } })
    }
    await ada.call(query, { id: roomId })
    return statementsOf(() => ada.call(query, { id: roomId }))
  }
  const few = await measure(1)
  const many = await measure(9)
  expect(many.length, many.join('\n')).toBe(few.length)
  expect(many.length, many.join('\n')).toBeLessThanOrEqual(4)
})
