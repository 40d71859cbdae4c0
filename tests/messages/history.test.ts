import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { test } from '../support/server.ts'

interface Page {
  nodes: { number: number; pageCursor: string }[]
  edges: { cursor: string }[]
  eventCursor: string | null
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean }
}

const pageQuery = (args: string) => `query ($id: ID!) {
  room(id: $id) {
    eventCursor
    messages(${args}) {
      nodes { number pageCursor } edges { cursor } eventCursor pageInfo { hasNextPage hasPreviousPage }
    }
  }
}`

async function history(client: Client, roomId: string, args: string): Promise<Page> {
  const { room } = await client.call<{ room: { messages: Page } }>(pageQuery(args), { id: roomId })
  return room.messages
}

const numbers = ({ nodes }: Page) => nodes.map(({ number }) => number)

async function roomOfTen(client: Client): Promise<string> {
  const roomId = await makeRoom(client)
  for (let number = 1; number <= 10; number++) await send(client, roomId, `message ${number}`)
  return roomId
}

test('a page around a number has it in its middle, and is moved where it would pass an end', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await roomOfTen(ada)
  const cases = [
    { args: 'around: 5, first: 3', want: [4, 5, 6], before: true, after: true },
    { args: 'around: 5, last: 3', want: [4, 5, 6], before: true, after: true },
    { args: 'around: 5, first: 4', want: [3, 4, 5, 6], before: true, after: true },
    { args: 'around: 1, first: 3', want: [1, 2, 3], before: false, after: true },
    { args: 'around: 2, first: 1', want: [2], before: true, after: true },
    { args: 'around: 10, first: 3', want: [8, 9, 10], before: true, after: false },
    { args: 'around: 999, first: 3', want: [8, 9, 10], before: true, after: false },
    {
      args: `around: 5, first: ${limits.pageSizeMax}`,
      want: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      before: false,
      after: false,
    },
  ]
  for (const { args, want, before, after } of cases) {
    const page = await history(ada, roomId, args)
    expect([args, numbers(page)]).toEqual([args, want])
    expect([args, page.pageInfo]).toEqual([args, { hasNextPage: after, hasPreviousPage: before }])
  }
})

test('a page around a number of an empty room is empty', async ({ one }) => {
  const ada = await guest(one)
  const page = await history(ada, await makeRoom(ada), 'around: 1, first: 5')
  expect(page).toMatchObject({ nodes: [], pageInfo: { hasNextPage: false, hasPreviousPage: false } })
})

test('around goes with a size alone, and counts from 1', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await roomOfTen(ada)
  const pageCursor = (await history(ada, roomId, 'first: 1')).nodes[0]?.pageCursor
  for (const args of [
    'around: 0, first: 1',
    'around: -1',
    `around: 1, first: ${limits.pageSizeMax + 1}`,
    'around: 1, first: -1',
    'around: 1, first: 1, last: 1',
    `around: 1, first: 1, after: "${pageCursor}"`,
    `around: 1, last: 1, before: "${pageCursor}"`,
  ]) {
    expect([args, await ada.fail(pageQuery(args), { id: roomId })]).toEqual([args, 'BAD_USER_INPUT'])
  }
})

test('the page cursor of a message leads to what is before and after it, wherever the message came from', async ({
  one,
}) => {
  const ada = await guest(one)
  const roomId = await roomOfTen(ada)
  const page = await history(ada, roomId, 'around: 5, first: 1')
  const pageCursor = page.nodes[0]?.pageCursor
  expect(page.edges).toEqual([{ cursor: pageCursor }])
  expect(numbers(await history(ada, roomId, `first: 2, after: "${pageCursor}"`))).toEqual([6, 7])
  expect(numbers(await history(ada, roomId, `last: 2, before: "${pageCursor}"`))).toEqual([3, 4])
})

test('the cursor of a page is that of its room: what is sent after it is not on the page, and comes by the stream', async ({
  one,
}) => {
  const ada = await guest(one)
  const roomId = await roomOfTen(ada)
  const { room } = await ada.call<{ room: { eventCursor: string; messages: Page } }>(pageQuery('last: 2'), {
    id: roomId,
  })
  expect(room.messages.eventCursor).toBe(room.eventCursor)
  await send(ada, roomId, 'later')
  const stream = ada.follow<{ messageAdded: { number: number } }>(
    'subscription ($roomId: ID!, $after: EventCursor) { messageAdded(roomId: $roomId, after: $after) { number } }',
    { roomId, after: room.messages.eventCursor },
  )
  expect(await stream.nextData()).toEqual({ messageAdded: { number: 11 } })
})

test('lists of messages of several rooms have no cursor of a feed', async ({ one }) => {
  const ada = await guest(one)
  await roomOfTen(ada)
  const { searchMessages } = await ada.call<{ searchMessages: Page }>(
    '{ searchMessages(query: "message", first: 2) { eventCursor nodes { number } } }',
  )
  expect(searchMessages).toMatchObject({ eventCursor: null, nodes: [{ number: 10 }, { number: 9 }] })
})
