import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { createClient } from 'graphql-ws'
import { expect, inject, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { KabarServer } from '../../src/server.ts'
import { type Answer, type Client, guest, makeRoom, post } from '../support/client.ts'
import { connect, countWaiting } from '../support/database.ts'
import { openInitialised } from '../support/raw-socket.ts'
import { test } from '../support/server.ts'

const sendMutation = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { number } } }'

const messageAdded = 'subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { number } }'

test('a server that stops says so at /readyz before it refuses anything', async ({ start }) => {
  const server = await start({ edge: { unreadyMs: 5_000 } })
  const ada = await guest(server)
  const closing = server.close()
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  await makeRoom(ada)
  await closing
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
})

test('a process that is told to end in production lets its clients go, and ends with 0 within 20 s', async ({
  databaseUrl,
  one,
}) => {
  const settings = { DATABASE_URL: databaseUrl, KABAR_DATA: inject('scratchDir'), PORT: '0', LOG_LEVEL: 'silent' }
  const env = { ...settings, NODE_ENV: 'production' }
  const child = spawn(process.execPath, ['src/main.ts'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk
  })
  const address = /http:\/\/[\d.:]+/
  await expect.poll(() => said).toMatch(address)
  const [url = ''] = address.exec(said) ?? []
  const ada = await guest(one)
  const sockets = await Promise.all(Array.from({ length: 5 }, () => openInitialised({ url }, ada.token)))
  const startedAt = performance.now()
  child.kill('SIGTERM')
  for (const socket of sockets) expect(await socket.closed).toBe(1012)
  expect(await ended).toEqual([0, null])
  expect(performance.now() - startedAt).toBeLessThan(20_000)
})

test('what runs when a server stops is answered; what comes later is refused, to be tried again', async ({
  start,
  one,
  databaseUrl,
}) => {
  // however slow this machine is, what runs is ended by the lock alone
  const patient = 60_000
  const server = await start({
    edge: { operationMs: patient, answerMs: patient },
    feed: { statementTimeoutMs: patient, batchTimeoutMs: patient },
  })
  const ada = await guest(server)
  const roomId = await makeRoom(ada)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const [running, idle] = [await openInitialised(server, ada.token), await openInitialised(server, ada.token)]
  const admin = await connect(databaseUrl)
  onTestFinished(() => agent.destroy())
  // keeps a connection that the server knows
  expect((await askBy(agent, server)).status).toBe(200)

  await admin.query('begin; lock table messages in share mode')
  const variables = { input: { roomId, body: 'last words' } }
  running.say({ id: '1', type: 'subscribe', payload: { query: sendMutation, variables } })
  const overHttp = ada.attempt(sendMutation, variables)
  await expect.poll(() => countWaiting(one.database.pool)).toBeGreaterThan(0)

  const closing = server.close()
  expect(await idle.closed).toBe(1012)
  const refused = await askBy(agent, server)
  if (refused.status !== 0) {
    expect(refused).toMatchObject({ status: 503, retryAfter: '1' })
    expect(JSON.parse(refused.body)).toMatchObject({
      errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterMs: expect.any(Number) } }],
    })
  }
  // is not answered: to an error its client would not come back, and it does when the socket is closed
  running.say({ id: '3', type: 'subscribe', payload: { query: messageAdded, variables: { roomId } } })
  running.say({ id: '2', type: 'subscribe', payload: { query: sendMutation, variables } })
  expect(await running.next()).toMatchObject({ id: '2', payload: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] })
  await admin.query('commit')
  expect(await running.next()).toMatchObject({ id: '1', payload: { data: { sendMessage: { message: {} } } } })
  expect(await overHttp).toMatchObject({ data: { sendMessage: { message: {} } } })
  expect(await running.closed).toBe(1012)
  await closing
})

/** Asks over a connection of the agent; the status is 0 when the connection was closed. */
function askBy(
  agent: Agent,
  { url }: { url: string },
): Promise<{ status: number; retryAfter?: string | undefined; body: string }> {
  return new Promise((resolve) => {
    const asked = request(`${url}/graphql?query={__typename}`, { agent }, (response) => {
      const { statusCode: status = 0, headers } = response
      void text(response).then((body) => resolve({ status, retryAfter: headers['retry-after'], body }))
    })
    asked.once('error', () => resolve({ status: 0, body: '' }))
    asked.end()
  })
}

/** Sends messages through whatever server there is, each until it is answered; an error that is final is thrown. */
async function write(author: Client, roomId: string, { servers, until }: Deployment): Promise<number> {
  let sent = 0
  for (; !until.aborted; sent++) {
    const input = { roomId, body: `message ${sent}`, nonce: randomUUID() }
    for (;;) {
      const { data, errors } = await post<object>(pick(servers), {
        query: sendMutation,
        variables: { input },
        token: author.token,
      }).catch(
        (): Answer<object> => ({}), // the connection was lost: what became of it is unknown
      )
      if (data) break
      const code = errors?.[0]?.extensions.code ?? 'SERVICE_UNAVAILABLE'
      if (code !== 'SERVICE_UNAVAILABLE') throw new Error(`a client was told ${JSON.stringify(errors)}`)
    }
  }
  return sent
}

interface Deployment {
  /** Those that a proxy would take. */
  readonly servers: KabarServer[]
  readonly until: AbortSignal
}

const pick = (servers: readonly KabarServer[]) => servers[Math.floor(Math.random() * servers.length)] ?? { url: '' }

/** Follows a room as the README says, through whatever server there is. Collects the numbers of the messages. */
function read(
  { token }: Client,
  roomId: string,
  { servers, heard, after }: { servers: KabarServer[]; heard: number[]; after: string },
) {
  const variables = { roomId, after }
  const client = createClient({
    url: () => `${pick(servers).url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 100,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 20)),
    shouldRetry: () => true,
  })
  const query =
    'subscription ($roomId: ID!, $after: EventCursor) { messageAdded(roomId: $roomId, after: $after) { number cursor } }'
  const ended = Promise.withResolvers<never>()
  ended.promise.catch(() => {})
  client.subscribe<{ messageAdded: { number: number; cursor: string } }>(
    { query, variables },
    {
      next({ data, errors }) {
        if (!data) return ended.reject(new Error(`a subscriber was told ${JSON.stringify(errors)}`))
        heard.push(data.messageAdded.number)
        variables.after = data.messageAdded.cursor
      },
      error(error) {
        const { code, reason } = error as { code?: number; reason?: string }
        ended.reject(new Error(`a subscriber was told ${code} ${reason}`, { cause: code ? undefined : error }))
      },
      complete: () => ended.reject(new Error('the stream ended')),
    },
  )
  return { client, ended: ended.promise }
}

test('a rolling restart under load loses nothing, and nobody is told anything final', async ({ start, one }) => {
  const settings = { edge: { unreadyMs: 50, closeSpreadMs: 200 } }
  const servers = [await start(settings), await start(settings)]
  const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob, eve])
  const { room } = await ada.call<{ room: { eventCursor: string } }>(
    'query ($id: ID!) { room(id: $id) { eventCursor } }',
    { id: roomId },
  )
  const before = await ada.call<{ room: { messageCount: number } }>(
    'query ($id: ID!) { room(id: $id) { messageCount } }',
    { id: roomId },
  )
  const heard: number[][] = [[], [], [], []]
  const readers = heard.map((numbers) => read(eve, roomId, { servers, heard: numbers, after: room.eventCursor }))
  const stop = new AbortController()
  const writers = Promise.all([ada, bob].map((author) => write(author, roomId, { servers, until: stop.signal })))
  const failed = Promise.race([...readers.map(({ ended }) => ended), writers.then(() => new Promise<never>(() => {}))])
  failed.catch(() => {})

  for (let round = 0; round < 2; round++) {
    const reached = heard[0]?.length ?? 0
    await Promise.race([failed, expect.poll(() => heard[0]?.length).toBeGreaterThan(reached + 10)])
    servers.push(await start(settings))
    await servers.shift()?.close()
  }
  stop.abort()
  const sent = (await writers).reduce((sum, count) => sum + count, 0)
  const numbers = Array.from({ length: sent }, (_, index) => before.room.messageCount + index + 1)
  for (const each of heard) {
    await Promise.race([failed, expect.poll(() => each.length).toBeGreaterThanOrEqual(sent)])
    expect(each).toEqual(numbers)
  }
  for (const { client } of readers) await client.dispose()
})
