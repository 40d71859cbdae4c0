import { connect } from 'node:net'
import { pino } from 'pino'
import { describe, expect } from 'vitest'
import type { KabarServer } from '../../src/server.ts'
import { type Client, guest, makeRoom, post } from '../support/client.ts'
import { connect as connectTo } from '../support/database.ts'
import { openInitialised } from '../support/raw-socket.ts'
import { test } from '../support/server.ts'
import { statementsOf } from '../support/statements.ts'

describe('how fast a socket may ask', () => {
  test('a socket that floods is closed with a code on which clients come back', async ({ start }) => {
    const server = await start({ edge: { operationsPerMinuteMax: 3 } })
    const socket = await openInitialised(server)
    for (let count = 0; count < 20; count++) socket.say({ type: 'pong' })
    expect(await socket.closed).toBe(1013)
  })
})

describe('an operation that takes too long', () => {
  const friends = '{ viewer { friends { nodes { id } } } }'
  const createRoom = 'mutation { createRoom(input: { name: "Late", access: OPEN }) { room { id } } }'
  const [readFriends, insertRoom] = ['friendships', 'insert into .*"rooms"']
  const answer = { errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterMs: expect.any(Number) } }] }

  /** Keeps everybody from a table for as long as the work takes. */
  async function withLock(url: string, table: string, work: (release: () => Promise<unknown>) => Promise<void>) {
    const admin = await connectTo(url)
    await admin.query(`begin; lock table ${table} in access exclusive mode`)
    await work(() => admin.query('rollback'))
    await admin.end()
  }

  /** The statements of a pattern that servers run now. */
  async function running({ database }: KabarServer, pattern: string): Promise<number> {
    const { rowCount } = await database.pool.query(
      `select from pg_stat_activity
      where datname = current_database() and application_name = 'kabar' and state = 'active' and query ~* $1
        and pid <> pg_backend_pid()`,
      [pattern],
    )
    return rowCount ?? 0
  }

  async function askOverSocket({ server, token }: Client, query: string) {
    const socket = await openInitialised(server, token)
    return async () => {
      socket.say({ id: '1', type: 'subscribe', payload: { query } })
      const { payload } = await socket.next()
      expect(await socket.next()).toEqual({ id: '1', type: 'complete' })
      return payload
    }
  }

  test('is answered before PostgreSQL ends its statement, which it does', async ({ one, start, databaseUrl }) => {
    const server = await start({ edge: { operationMs: 2_000 }, feed: { statementTimeoutMs: 10_000 } })
    const ada = (await guest(one)).at(server)
    const overSocket = await askOverSocket(ada, createRoom)
    // what is asked for the first time takes longer
    await Promise.all([ada.call(friends), overSocket()])
    await withLock(databaseUrl, 'friendships, rooms', async () => {
      const answers = Promise.all([ada.attempt(friends), overSocket()])
      await expect.poll(() => running(one, readFriends)).toBeGreaterThan(0)
      await expect.poll(() => running(one, insertRoom)).toBeGreaterThan(0)
      expect(await answers).toMatchObject([answer, answer])
      // the clients have their answers, and PostgreSQL still works
      expect(await running(one, `${readFriends}|${insertRoom}`)).toBe(2)
      await expect.poll(() => running(one, `${readFriends}|${insertRoom}`)).toBe(0)
    })
    expect(await ada.at(one).attempt(friends)).toEqual({ data: { viewer: { friends: { nodes: [] } } } })
  })

  test('begins no other statement afterwards', async ({ one, start, databaseUrl }) => {
    const server = await start({ edge: { operationMs: 2_000 } })
    const ada = (await guest(one)).at(server)
    await makeRoom(ada.at(one))
    const search = '{ searchMessages(query: "tea") { nodes { id } } }'
    const inTime = await statementsOf(() => ada.at(one).call(search))
    const tooLate = await statementsOf(() =>
      withLock(databaseUrl, 'members', async (release) => {
        expect(await ada.attempt(search)).toMatchObject(answer)
        await release()
        await expect.poll(() => running(one, 'members')).toBe(0)
        // what would come next has been asked before this is answered
        await ada.call('{ server { name } }')
      }),
    )
    const readRecent = /-- readRecent:/
    expect(inTime.some((text) => readRecent.test(text))).toBe(true)
    expect(tooLate.some((text) => readRecent.test(text))).toBe(false)
  })
})

describe('a connection that sends too slowly', () => {
  const dribble = (server: { url: string }, text: string) =>
    new Promise<string>((resolve) => {
      const { hostname, port } = new URL(server.url)
      let heard = ''
      const socket = connect(Number(port), hostname, () => socket.write(text))
      socket.setEncoding('utf8').on('data', (part) => {
        heard += part
      })
      socket.on('error', () => {}) // what is dropped also closes
      socket.once('close', () => resolve(heard))
    })
  const quick = { edge: { headersMs: 300, requestMs: 300, slownessCheckMs: 100 } }

  test.for([
    ['nothing', ''],
    ['half of its headers', 'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-'],
    [
      'half of its body',
      'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query"',
    ],
    [
      'half of a body that nothing reads',
      'POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query"',
    ],
    [
      'chunks without an end',
      'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"qu\r\n',
    ],
  ] as const)('is dropped: %s', async ([, text], { start }) => {
    const server = await start(quick)
    expect(await dribble(server, text)).not.toContain('data')
  })

  test('leaves nothing in the log when it breaks off', async ({ start }) => {
    const lines: string[] = []
    const server = await start({}, { log: pino({ level: 'info' }, { write: (line) => lines.push(line) }) })
    lines.length = 0 // what it said at the start
    const { hostname, port } = new URL(server.url)
    const head = 'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
    for (const rest of ['Transfer-Encoding: chunked\r\n\r\n4\r\n{"qu\r\n', 'Content-Length: 100\r\n\r\n{"query"']) {
      const socket = connect(Number(port), hostname, () => socket.write(head + rest, () => socket.end()))
      socket.on('error', () => {}) // what is dropped also closes
      // the server has given it up
      await new Promise((resolve) => socket.resume().once('close', resolve))
    }
    expect(lines).toEqual([])
  })

  test('holds up nobody, and what comes in time is answered', async ({ start }) => {
    const server = await start({ edge: { headersMs: 10_000, requestMs: 10_000, slownessCheckMs: 100 } })
    expect(await post(server, { query: '{ __typename }' })).toEqual({ data: { __typename: 'Query' } })
  })

  test('requests that follow each other in one write are answered in order', async ({ one }) => {
    const get = (path: string, end = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${end}\r\n`
    const heard = await dribble(
      one,
      get('/healthz') + get('/nowhere') + get('/graphql?query={__typename}', 'Connection: close\r\n'),
    )
    expect([...heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '404', '200'])
  })
})

describe('what every answer says', () => {
  test('has a request id, which a masked error and its line in the log repeat', async ({ start, databaseUrl }) => {
    const lines: string[] = []
    const server = await start({}, { log: pino({ level: 'error' }, { write: (line) => lines.push(line) }) })
    const ada = await guest(server)
    const admin = await connectTo(databaseUrl)
    await admin.query('alter table users rename column bio to gone')
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ada.token}` },
      body: JSON.stringify({ query: '{ viewer { user { bio } } }' }),
    })
    await admin.query('alter table users rename column gone to bio')
    await admin.end()
    const requestId = response.headers.get('x-request-id')
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL', requestId } }] })
    expect(lines.filter((line) => line.includes(String(requestId))).length).toBe(1)
    const other = await fetch(`${server.url}/healthz`)
    expect(other.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(other.headers.get('x-request-id')).not.toBe(requestId)
  })

  test.for(['/graphql?query={__typename}', '/healthz', '/nowhere'])(
    '%s is no page: it loads nothing, is in no frame, and is what it says',
    async (path, { one }) => {
      const { headers } = await fetch(one.url + path)
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      })
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('server')).toBeNull()
    },
  )

  test('GraphiQL may run what is in its page, ask its own server, and be in no frame', async ({ one }) => {
    const { headers } = await fetch(`${one.url}/graphql`, { headers: { accept: 'text/html' } })
    expect(headers.get('content-security-policy')).toMatch(/connect-src 'self'.*frame-ancestors 'none'/)
    expect(headers.get('content-security-policy')).not.toMatch(/https?:|\*/)
  })
})
