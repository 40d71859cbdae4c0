import { pino } from 'pino'
import { describe, expect, vi } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { guest, makeRoom, send } from '../support/client.ts'
import { type Frame, openInitialised, openRaw, upgradeStatus } from '../support/raw-socket.ts'
import { test as base } from '../support/server.ts'

/** A server that keeps what it logs. */
const test = base.extend('logged', { scope: 'file' }, async ({ start }) => {
  const lines: string[] = []
  const server = await start({}, { log: pino({ level: 'info' }, { write: (line) => lines.push(line) }) })
  lines.length = 0 // what it said at the start
  return { server, lines }
})

const operation = (id: string, query: string, rest: Record<string, unknown> = {}): Frame => ({
  id,
  type: 'subscribe',
  payload: { query, ...rest },
})
const typename = (id: string) => operation(id, '{ __typename }')
const named = { __typename: 'Query' }
const messageAdded = 'subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { body } }'
const errorOf = (id: string, code: string) => ({ id, type: 'error', payload: [{ extensions: { code } }] })

describe('a socket that breaks the protocol is closed', () => {
  test.for([
    ['no JSON', '{'],
    ['JSON that is no message', '[1]'],
    ['no type', '{}'],
    ['a type that does not exist', { type: 'hello' }],
    ['a message that only servers send', { type: 'next', id: '1', payload: {} }],
    ['an operation without an id', { type: 'subscribe', payload: { query: '{ __typename }' } }],
    ['an operation without a query', { type: 'subscribe', id: '1', payload: {} }],
    ['variables that are a text', { type: 'subscribe', id: '1', payload: { query: '{ __typename }', variables: 'x' } }],
  ] as const)('%s: 4400, and nothing is printed', async ([, message], { logged: { server, lines } }) => {
    const printed = [vi.spyOn(process.stderr, 'write'), vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')]
    const socket = await openInitialised(server)
    socket.say(message)
    expect(await socket.closed).toBe(4400)
    for (const spy of printed) {
      expect(spy).not.toHaveBeenCalled()
      spy.mockRestore()
    }
    expect(lines).toEqual([])
  })

  test('a second connection_init: 4429', async ({ one }) => {
    const socket = await openInitialised(one)
    socket.say({ type: 'connection_init' })
    expect(await socket.closed).toBe(4429)
  })

  test('an operation before connection_init: 4401', async ({ one }) => {
    const socket = await openRaw(one)
    socket.say(typename('1'))
    expect(await socket.closed).toBe(4401)
  })

  test('an operation with the id of one that runs: 4409', async ({ one }) => {
    const ada = await guest(one)
    const socket = await openInitialised(one, ada.token)
    const follow = operation('1', messageAdded, { variables: { roomId: await makeRoom(ada) } })
    socket.say(follow)
    socket.say(follow)
    expect(await socket.closed).toBe(4409)
  })

  test('no connection_init for too long: 4408, and not for a socket that sent it', async ({ start }) => {
    const server = await start({ feed: { connectionInitMs: 2_000 } })
    const polite = await openInitialised(server)
    expect(await (await openRaw(server)).closed).toBe(4408)
    polite.say(typename('1'))
    expect(await polite.next()).toMatchObject({ payload: { data: named } })
  })

  test('a token that is no good: 4403, after which clients come back', async ({ one }) => {
    const socket = await openRaw(one)
    socket.say({ type: 'connection_init', payload: { authorization: 'Bearer nonsense' } })
    expect(await socket.closed).toBe(4403)
  })

  test('another subprotocol, or none: 4406', async ({ one }) => {
    expect(await (await openRaw(one, [])).closed).toBe(4406)
    await expect(openRaw(one, ['graphql-ws'])).rejects.toThrow(/subprotocol/)
    expect(await upgradeStatus(one, '/graphql')).toBe(101)
  })

  test('a frame above the bound closes its socket alone', async ({ one }) => {
    const socket = await openInitialised(one)
    const neighbour = await openInitialised(one)
    const frame = JSON.stringify(typename('1'))
    socket.say(frame + ' '.repeat(limits.requestBytesMax - frame.length))
    expect(await socket.next()).toMatchObject({ payload: { data: named } })
    expect(await socket.next()).toEqual({ id: '1', type: 'complete' })
    socket.say(frame + ' '.repeat(limits.requestBytesMax - frame.length + 1))
    expect(await socket.closed).toBe(1009)
    neighbour.say(typename('1'))
    expect(await neighbour.next()).toMatchObject({ payload: { data: named } })
  })
})

describe('operations over a socket', () => {
  test('queries and mutations are answered and completed', async ({ one }) => {
    const ada = await guest(one)
    const socket = await openInitialised(one, ada.token)
    socket.say(operation('q', '{ viewer { user { id } } }'))
    expect(await socket.next()).toEqual({
      id: 'q',
      type: 'next',
      payload: { data: { viewer: { user: { id: ada.userId } } } },
    })
    expect(await socket.next()).toEqual({ id: 'q', type: 'complete' })
    const create = 'mutation Create($name: String!) { createRoom(input: { name: $name }) { room { name } } }'
    socket.say(
      operation('m', `${create} query Other { __typename }`, { operationName: 'Create', variables: { name: 'Tea' } }),
    )
    const data = { createRoom: { room: { name: 'Tea' } } }
    expect(await socket.next()).toEqual({ id: 'm', type: 'next', payload: { data } })
    expect(await socket.next()).toEqual({ id: 'm', type: 'complete' })
  })

  test.for([
    ['a syntax error', '{ viewer', {}],
    ['an unknown field', '{ viewer { nonsense } }', {}],
    ['two operations and no name', 'query A { __typename } query B { __typename }', {}],
    ['a name that no operation has', '{ __typename }', { operationName: 'Nobody' }],
    ['no operation', 'fragment F on Query { __typename }', {}],
  ] as const)('%s is an error with a code, and the socket stays', async ([, query, rest], { one }) => {
    const socket = await openInitialised(one)
    socket.say(operation('1', query, rest))
    const { type, payload } = await socket.next()
    expect(type).toBe('error')
    expect(payload).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    for (const { extensions } of payload as { extensions: unknown }[])
      expect(extensions).toEqual({ code: 'BAD_USER_INPUT' })
    socket.say(typename('2'))
    expect(await socket.next()).toEqual({ id: '2', type: 'next', payload: { data: named } })
  })

  test('a subscription with a variable of the wrong type is refused with a code, and the socket stays', async ({
    one,
  }) => {
    const ada = await guest(one)
    const socket = await openInitialised(one, ada.token)
    for (const roomId of [null, {}, 'nonsense']) {
      socket.say(operation('1', messageAdded, { variables: { roomId } }))
      expect(await socket.next()).toMatchObject({ payload: { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] } })
      expect(await socket.next()).toEqual({ id: '1', type: 'complete' })
    }
  })

  test('without a token what needs a viewer is refused, and the rest is answered', async ({ one }) => {
    const ada = await guest(one)
    const socket = await openInitialised(one)
    socket.say(operation('1', messageAdded, { variables: { roomId: await makeRoom(ada) } }))
    expect(await socket.next()).toMatchObject({ payload: { errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] } })
  })

  test('one subscription too many is refused, and the socket and the others stay', async ({ one }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    const socket = await openInitialised(one, ada.token)
    const follow = (id: string) => operation(id, messageAdded, { variables: { roomId } })
    for (let index = 0; index < limits.subscriptionsPerSocketMax; index++) socket.say(follow(`s${index}`))
    await expect.poll(() => one.parts.feed.state().subscribers).toBe(limits.subscriptionsPerSocketMax)
    socket.say(follow('too many'))
    expect(await socket.next()).toMatchObject(errorOf('too many', 'TOO_MANY_SUBSCRIPTIONS'))
    await send(ada, roomId, 'hi')
    const heard = new Set<unknown>()
    for (let index = 0; index < limits.subscriptionsPerSocketMax; index++) {
      const frame = await socket.next()
      expect(frame.payload).toEqual({ data: { messageAdded: { body: 'hi' } } })
      heard.add(frame.id)
    }
    expect(heard.size).toBe(limits.subscriptionsPerSocketMax)
    socket.say({ id: 's0', type: 'complete' })
    socket.say(typename('instead'))
    expect(await socket.next()).toEqual({ id: 'instead', type: 'next', payload: { data: named } })
  })

  test('what a user subscribes with is bounded, over all sockets, and given back at the end', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await makeRoom(ada, [bob])
    const [first, second] = [await openInitialised(one, ada.token), await openInitialised(one, ada.token)]
    const follow = (id: string, length: number, more = {}) =>
      operation(id, `${messageAdded} #${id}`.padEnd(length, '#'), { variables: { roomId, ...more } })
    const half = limits.subscriptionTextMax / 2
    first.say(follow('a', half))
    // the same once more takes nothing, even when it comes from another socket
    second.say(follow('a', half))
    first.say(follow('b', half))
    await expect.poll(() => one.parts.feed.state().subscribers).toBe(3)
    second.say(follow('c', 200))
    expect(await second.next()).toMatchObject(errorOf('c', 'TOO_MANY_SUBSCRIPTIONS'))
    second.say(follow('d', half, { more: 'x'.repeat(limits.subscriptionVariablesMax) }))
    expect(await second.next()).toMatchObject(errorOf('d', 'OPERATION_TOO_COMPLEX'))
    const other = await openInitialised(one, bob.token)
    other.say(follow('c', 200))
    await expect.poll(() => one.parts.feed.state().subscribers).toBe(4)
    first.say({ id: 'b', type: 'complete' })
    await expect.poll(() => one.parts.feed.state().subscribers).toBe(3)
    second.say(follow('c', 200))
    await expect.poll(() => one.parts.feed.state().subscribers).toBe(4)
    await send(ada, roomId, 'hi')
    for (const [socket, ids] of [
      [first, ['a']],
      [second, ['a', 'c']],
      [other, ['c']],
    ] as const) {
      const heard = [...ids].map(() => socket.next())
      expect(new Set((await Promise.all(heard)).map(({ id }) => id))).toEqual(new Set(ids))
    }
    first.say(operation('x'.repeat(limits.operationIdLengthMax + 1), messageAdded, { variables: { roomId } }))
    expect(await first.closed).toBe(4400)
  })

  test.for(['a', 'x'.repeat(limits.operationIdLengthMax), '🦄'.repeat(limits.operationIdLengthMax / 2)])(
    'the id of a running operation closes the socket when it is taken again, however long it is: %s',
    async (id, { one }) => {
      const ada = await guest(one)
      const roomId = await makeRoom(ada)
      const socket = await openInitialised(one, ada.token)
      socket.say(operation(id, messageAdded, { variables: { roomId } }))
      socket.say(operation(id, messageAdded, { variables: { roomId } }))
      expect(await socket.closed).toBe(4409)
    },
  )

  test('a socket that answers no ping is dropped, and one that does stays', async ({ start }) => {
    const server = await start({ feed: { heartbeatMs: 2_000 } })
    const quiet = await openInitialised(server)
    const gone = await openRaw(server, ['graphql-transport-ws'], { autoPong: false })
    gone.say({ type: 'connection_init' })
    expect(await gone.closed).toBe(1006)
    quiet.say(typename('1'))
    expect(await quiet.next()).toMatchObject({ payload: { data: named } })
  })

  test('a socket that goes away leaves no subscriber behind', async ({ start }) => {
    const server = await start()
    const ada = await guest(server)
    const roomId = await makeRoom(ada)
    const stream = ada.follow(messageAdded, { roomId })
    await expect.poll(() => server.parts.feed.state().subscribers).toBe(1)
    stream.stop()
    await expect.poll(() => server.parts.feed.state().subscribers).toBe(0)
  })
})
