import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { connectionLimits } from '../../src/config/http.ts'
import { formatId } from '../../src/input/ids.ts'
import { guest, makeRoom, send } from '../support/client.ts'
import { test } from '../support/server.ts'
import { followEvents } from '../support/sse.ts'

const messageAdded = `subscription ($roomId: ID!, $after: EventCursor) {
  messageAdded(roomId: $roomId, after: $after) { number body }
}`

test('messages of another server arrive, and those after a cursor first', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(two, 'Bob')
  const roomId = await makeRoom(ada, [bob.at(one)])
  const { cursor: after } = await send(ada, roomId, 'seen')
  await send(ada, roomId, 'before')
  const stream = await followEvents(bob, messageAdded, { roomId, after })
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream')
  for (const body of ['before', 'live', 'and on']) {
    if (body !== 'before') await send(ada, roomId, body)
    expect(await stream.next()).toMatchObject({ event: 'next', data: { data: { messageAdded: { body } } } })
  }
})

test('a reader that goes away frees its subscriber', async ({ start }) => {
  const server = await start()
  const ada = await guest(server)
  const roomId = await makeRoom(ada)
  const idle = await followEvents(ada, messageAdded, { roomId })
  const busy = await followEvents(ada, messageAdded, { roomId })
  await send(ada, roomId, 'hi')
  await busy.next()
  await expect.poll(() => server.parts.feed.state().subscribers).toBe(2)
  idle.abort()
  busy.abort()
  await expect.poll(() => server.parts.feed.state().subscribers).toBe(0)
})

test.for([
  ['removed', 'removeMember', true],
  ['gone', 'leaveRoom', false],
] as const)('a stream completes when its viewer is %s', async ([, mutation, byOwner], { start }) => {
  const server = await start()
  const ada = await guest(server, 'Ada')
  const bob = await guest(server, 'Bob')
  const roomId = await makeRoom(ada, [bob])
  const stream = await followEvents(bob, messageAdded, { roomId })
  await send(ada, roomId, 'hi')
  expect(await stream.next()).toMatchObject({ event: 'next' })
  const field = byOwner
    ? `${mutation}(input: { roomId: "${roomId}", userId: "${bob.userId}" })`
    : `${mutation}(input: { roomId: "${roomId}" })`
  await (byOwner ? ada : bob).call(`mutation { ${field} { __typename } }`)
  await send(ada, roomId, 'not for Bob')
  expect(await stream.next()).toEqual({ event: 'complete', data: null })
  await stream.ended
  await expect.poll(() => server.parts.feed.state().subscribers).toBe(0)
})

test('a refused subscription says why and completes, and the connection is usable', async ({ one }) => {
  const ada = await guest(one)
  const stream = await followEvents(ada, messageAdded, { roomId: formatId('Room', randomUUID()) })
  expect(await stream.next()).toMatchObject({
    event: 'next',
    data: { errors: [{ extensions: { code: 'NOT_FOUND' } }] },
  })
  expect(await stream.next()).toEqual({ event: 'complete', data: null })
  await stream.ended
  expect(await ada.call('{ __typename }')).toEqual({ __typename: 'Query' })
})

test('a server that closes does not wait for its streams', async ({ start }) => {
  const server = await start()
  const ada = await guest(server)
  const stream = await followEvents(ada, messageAdded, { roomId: await makeRoom(ada) })
  const startedAt = performance.now()
  await server.close()
  expect(performance.now() - startedAt).toBeLessThan(connectionLimits.closeMs)
  await expect(stream.ended).rejects.toThrow()
})
