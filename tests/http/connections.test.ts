import { connect } from 'node:net'
import { describe, expect, onTestFinished } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { socketRatios } from '../../src/config/websocket.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { openInitialised, openRaw, openRude, upgradeStatus } from '../support/raw-socket.ts'
import { test } from '../support/server.ts'
import { followEvents } from '../support/sse.ts'

const typename = (id: string) => ({ id, type: 'subscribe', payload: { query: '{ __typename }' } })
const messageAdded = 'subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { body } }'

const messagesIn = async (client: Client, roomId: string) => {
  const { room } = (await client.call('query ($id: ID!) { room(id: $id) { messages { nodes { number } } } }', {
    id: roomId,
  })) as { room: { messages: { nodes: unknown[] } } }
  return room.messages.nodes.length
}

describe('how many sockets and event streams may be open', () => {
  test('one user has so many sockets on a server; one more is told to come back, and gets the place of one that goes', async ({
    start,
  }) => {
    const server = await start({ edge: { socketsPerUserMax: 2 } })
    const [ada, bob] = [await guest(server), await guest(server)]
    const first = await openInitialised(server, ada.token)
    const second = await openInitialised(server, ada.token)
    const third = await openRaw(server)
    third.say({ type: 'connection_init', payload: { authorization: `Bearer ${ada.token}` } })
    expect(await third.closed).toBe(1013)
    await openInitialised(server, bob.token)
    first.say({ type: 'nonsense' })
    expect(await first.closed).toBe(4400)
    await expect.poll(() => openInitialised(server, ada.token)).toBeDefined()
    second.say(typename('still here'))
    expect(await second.next()).toMatchObject({ id: 'still here' })
  })

  test('event streams of a user count as sockets do', async ({ start }) => {
    const server = await start({ edge: { socketsPerUserMax: 2 } })
    const ada = await guest(server)
    const roomId = await makeRoom(ada)
    await openInitialised(server, ada.token)
    const stream = await followEvents(ada, messageAdded, { roomId })
    await expect.poll(() => server.parts.feed.state().subscribers).toBe(1)
    const refused = await followEvents(ada, messageAdded, { roomId })
    expect(await refused.next()).toMatchObject({
      data: { errors: [{ message: expect.stringContaining('user'), extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }] },
    })
    stream.abort()
    await expect.poll(() => server.parts.feed.state().subscribers).toBe(0)
    const next = await followEvents(ada, messageAdded, { roomId })
    await expect.poll(() => server.parts.feed.state().subscribers).toBe(1)
    await send(ada, roomId, 'heard')
    expect(await next.next()).toMatchObject({ data: { data: { messageAdded: { body: 'heard' } } } })
  })

  test('one address has so many, over all its users, and trusted proxies say whose it is', async ({ start }) => {
    const server = await start({ edge: { socketsPerAddressMax: 2, trustedProxies: ['127.0.0.1'] } })
    const from = (address: string) => upgradeStatus(server, '/graphql', { 'x-forwarded-for': address })
    await openRaw(server)
    const last = await openRaw(server)
    expect(await from('127.0.0.1')).toBe(429)
    expect(await from('198.51.100.1')).toBe(101)
    const stream = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/event-stream' } })
    expect(stream.status).toBe(429)
    expect(Number(stream.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await stream.json()).toMatchObject({ errors: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }] })
    last.say('{')
    await last.closed
    await expect.poll(() => from('127.0.0.1')).toBe(101)
  })
})

test('one address has so many connections, idle ones too; one more is dropped, and a proxy may have any', async ({
  start,
}) => {
  const edge = { socketsPerAddressMax: 1 }
  const [bounded, behindProxy] = [
    await start({ edge }),
    await start({ edge: { ...edge, trustedProxies: ['127.0.0.1'] } }),
  ]
  const open = async (server: { url: string }) => {
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    onTestFinished(() => void socket.destroy())
    const isLetIn = new Promise<boolean>((resolve) => {
      socket.on('error', () => resolve(false)).once('close', () => resolve(false))
      socket.once('data', () => resolve(true))
    })
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    return { socket, isLetIn: await isLetIn }
  }
  const { connectionsPerSocket } = socketRatios
  const idle: Awaited<ReturnType<typeof open>>[] = []
  for (let count = 0; count < connectionsPerSocket; count++) idle.push(await open(bounded))
  expect(idle.map(({ isLetIn }) => isLetIn)).not.toContain(false)
  expect((await open(bounded)).isLetIn).toBe(false)
  idle[0]?.socket.destroy()
  await expect.poll(async () => (await open(bounded)).isLetIn).toBe(true)
  for (let count = 0; count <= connectionsPerSocket; count++) expect((await open(behindProxy)).isLetIn).toBe(true)
})

test('a socket whose session has ended is not heard, even when it does not go', async ({ one }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const rude = await openRude(one, bob.token)
  const sendMessage = `mutation { sendMessage(input: { roomId: "${roomId}", body: "still here" }) { message { number } } }`
  rude.say({ id: 'in time', type: 'subscribe', payload: { query: sendMessage } })
  await expect.poll(() => messagesIn(ada, roomId)).toBe(1)
  await bob.call('mutation { signOut { session { id } } }')
  expect(await rude.toldToClose).toBe(4403)
  rude.say({ id: 'too late', type: 'subscribe', payload: { query: sendMessage } })
  await rude.breakOff()
  expect((await send(ada, roomId, 'hello')).number).toBe(2)
})

test('an upgrade that is refused leaves no connection behind', async ({ one }) => {
  const { hostname, port } = new URL(one.url)
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  socket.write('GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  const heard = await new Promise<string>((resolve) => socket.setEncoding('utf8').once('data', resolve))
  expect(heard).toMatch(/^HTTP\/1\.1 404 /)
  // this end is not closed, but what it sends is no longer taken
  const gone = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve))
  const writing = setInterval(() => socket.write('more'), 10)
  await gone
  clearInterval(writing)
})

test('a subscription with a token of its own counts as a socket of that user', async ({ start }) => {
  const server = await start({ edge: { socketsPerUserMax: 2 } })
  const ada = await guest(server)
  const roomId = await makeRoom(ada)
  const socket = await openInitialised(server)
  const extensions = { headers: { Authorization: `Bearer ${ada.token}` } }
  const follow = (id: string) =>
    socket.say({ id, type: 'subscribe', payload: { query: messageAdded, variables: { roomId }, extensions } })
  follow('first')
  follow('second')
  await expect.poll(() => server.parts.feed.state().subscribers).toBe(2)
  follow('third')
  const refusal = [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }]
  expect(await socket.next()).toMatchObject({ id: 'third', type: 'error', payload: refusal })
  socket.say({ id: 'first', type: 'complete' })
  await expect.poll(() => server.parts.feed.state().subscribers).toBe(1)
  follow('fourth')
  await expect.poll(() => server.parts.feed.state().subscribers).toBe(2)
  await send(ada, roomId, 'heard')
  const heard = [await socket.next(), await socket.next()]
  expect(new Set(heard.map(({ id }) => id))).toEqual(new Set(['second', 'fourth']))
})

test('subscriptions with the token of the socket cost no more than it, and those that are refused nothing', async ({
  start,
}) => {
  const server = await start({ edge: { socketsPerUserMax: 1 } })
  const ada = await guest(server)
  const roomId = await makeRoom(ada)
  const extensions = { headers: { authorization: `Bearer ${ada.token}` } }
  const asked = { query: messageAdded, variables: { roomId }, extensions }
  const anonymous = await openInitialised(server)
  // more text than all subscriptions of a user may have
  const long = { ...asked, query: `${messageAdded} # ${'x'.repeat(limits.subscriptionTextMax)}` }
  anonymous.say({ id: 'long', type: 'subscribe', payload: long })
  const refusal = [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }]
  expect(await anonymous.next()).toMatchObject({ id: 'long', type: 'error', payload: refusal })
  const own = await openInitialised(server, ada.token)
  for (const id of ['first', 'second']) own.say({ id, type: 'subscribe', payload: asked })
  await expect.poll(() => server.parts.feed.state().subscribers).toBe(2)
})

test('a stream that is asked for by GET lives for longer than a body may take', async ({ start }) => {
  const server = await start({ edge: { requestMs: 300 } })
  const ada = await guest(server)
  const roomId = await makeRoom(ada)
  const query = encodeURIComponent(`subscription { messageAdded(roomId: "${roomId}") { body } }`)
  const response = await fetch(`${server.url}/graphql?query=${query}`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${ada.token}` },
  })
  await expect.poll(() => server.parts.feed.state().subscribers).toBe(1)
  // a body that began later is given up by then
  const { hostname, port } = new URL(server.url)
  const slow = connect(Number(port), hostname)
  slow.write(
    'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  )
  await new Promise((resolve) =>
    slow
      .on('error', () => {})
      .resume()
      .once('close', resolve),
  )
  await send(ada, roomId, 'still here')
  let heard = ''
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    heard += part
    if (heard.includes('still here')) break
  }
  expect(heard).toContain('still here')
})

test('a stream that is not asked for by name is refused', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  for (const accept of ['*/*', 'text/*']) {
    const response = await fetch(`${one.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${ada.token}` },
      body: JSON.stringify({ query: messageAdded, variables: { roomId } }),
    })
    expect(await response.text(), accept).toContain('BAD_USER_INPUT')
  }
})
