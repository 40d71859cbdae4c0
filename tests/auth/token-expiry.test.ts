import { createClient } from 'graphql-ws'
import { expect, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { enter } from '../support/accounts.ts'
import { guest, makeRoom, post, send } from '../support/client.ts'
import { openRaw } from '../support/raw-socket.ts'
import { test } from '../support/server.ts'

const messageAdded = `subscription ($roomId: ID!, $after: EventCursor) {
  messageAdded(roomId: $roomId, after: $after) { number cursor }
}`

test('a socket whose token runs out is closed, and its client is back with a fresh one, without a gap', async ({
  one,
  start,
}) => {
  const server = await start({ accessTokenSeconds: 2, feed: { sessionSweepMs: 100 } })
  const bob = await guest(one)
  const ada = (await guest(one)).at(server)
  const roomId = await makeRoom(bob, [ada.at(one)])
  const { room } = await ada.call<{ room: { eventCursor: string } }>(
    'query ($id: ID!) { room(id: $id) { eventCursor } }',
    {
      id: roomId,
    },
  )
  let { refreshToken } = ada
  const codes: number[] = []
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: () => Promise.resolve(),
    connectionParams: async () => {
      const grant = await enter(server, 'refreshSession', { refreshToken })
      refreshToken = grant.refreshToken
      return { authorization: `Bearer ${grant.accessToken}` }
    },
    on: { closed: (event) => codes.push((event as { code: number }).code) },
  })
  onTestFinished(async () => {
    await client.dispose()
  })
  const heard: number[] = []
  const failed = vi.fn()
  const variables = { roomId, after: room.eventCursor }
  client.subscribe<{ messageAdded: { number: number; cursor: string } }>(
    { query: messageAdded, variables },
    {
      next({ data, errors }) {
        if (!data) return failed(errors)
        heard.push(data.messageAdded.number)
        variables.after = data.messageAdded.cursor
      },
      error: failed,
      complete: () => failed('the stream ended'),
    },
  )
  const numbers: number[] = []
  while (codes.length < 2) numbers.push((await send(bob, roomId, 'hi')).number)
  numbers.push((await send(bob, roomId, 'fence')).number)
  await expect.poll(() => heard).toContain(numbers.at(-1))
  expect(heard).toEqual(numbers)
  // on a slow machine the token has run out once more meanwhile
  expect(new Set(codes)).toEqual(new Set([4403]))
  expect(failed).not.toHaveBeenCalled()
})

test('a token of any length is refused, over HTTP and over a socket, and costs nothing', async ({ one }) => {
  const codes = []
  // the second is longer than a frame that begins no operation may be
  for (const length of [8_000, 200_000]) {
    const socket = await openRaw(one)
    socket.say({ type: 'connection_init', payload: { authorization: `Bearer ${'x'.repeat(length)}` } })
    codes.push(await socket.closed)
  }
  expect(codes).toEqual([4403, 1009])
  const megabyte = 'x'.repeat(1_048_576)
  const response = await fetch(`${one.url}/graphql?query={__typename}`, {
    headers: { authorization: `Bearer ${megabyte}` },
  }).catch(
    () => null, // the connection is closed while the header is still on its way
  )
  expect([431, undefined]).toContain(response?.status)
  expect(await post(one, { query: '{ __typename }' })).toEqual({ data: { __typename: 'Query' } })
})
