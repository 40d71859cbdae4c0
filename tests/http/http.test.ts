import { request } from 'node:http'
import { pino } from 'pino'
import { describe, expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { errorCodes } from '../../src/errors.ts'
import { type Answer, guest, post, type Server } from '../support/client.ts'
import { connect } from '../support/database.ts'
import { upgradeStatus } from '../support/raw-socket.ts'
import { test } from '../support/server.ts'

const json = { 'content-type': 'application/json' }
const whoami = '{ viewer { user { id } } }'
const signIn = 'mutation { signInAsGuest(input: { displayName: "Eve" }) { accessToken } }'

interface Reply {
  status: number
  headers: Headers
  /** The codes of all errors. */
  codes: unknown[]
  data: unknown
}

async function ask(server: Server, init: RequestInit, path = '/graphql'): Promise<Reply> {
  const response = await fetch(server.url + path, { method: 'POST', ...init })
  const text = await response.text()
  const { data, errors = [] } = (text.startsWith('{') ? JSON.parse(text) : {}) as Answer<unknown>
  return { status: response.status, headers: response.headers, codes: errors.map((e) => e.extensions.code), data }
}

const users = (server: { parts: { db: { user: { count(): Promise<number> } } } }) => server.parts.db.user.count()

describe('what a page of another origin may send without being asked', () => {
  const form = new FormData()
  form.set('operations', JSON.stringify({ query: signIn }))
  form.set('map', '{}')

  test.for([
    ['a form', new URLSearchParams({ query: signIn }), {}],
    ['a multipart form', form, {}],
    ['plain text', JSON.stringify({ query: signIn }), { 'content-type': 'text/plain' }],
    ['bytes of no type', new Blob([JSON.stringify({ query: signIn })]), {}],
    ['a bare document', signIn, { 'content-type': 'application/graphql' }],
    ['text that mentions JSON', JSON.stringify({ query: signIn }), { 'content-type': 'text/plain; application/json' }],
  ] as const)('%s is refused and does nothing', async ([, body, headers], { one }) => {
    const before = await users(one)
    expect(await ask(one, { body, headers })).toMatchObject({ status: 415, codes: ['BAD_USER_INPUT'] })
    expect(await users(one)).toBe(before)
  })

  test('a mutation in the URL is refused and does nothing', async ({ one }) => {
    const before = await users(one)
    const reply = await ask(one, { method: 'GET' }, `/graphql?query=${encodeURIComponent(signIn)}`)
    expect(reply).toMatchObject({ status: 405, codes: ['BAD_USER_INPUT'] })
    expect(await users(one)).toBe(before)
  })

  test('a page of a foreign origin gets no CORS headers, not even for a preflight', async ({ start }) => {
    const server = await start({ production: true, graphiql: false })
    const headers = { origin: 'https://evil.example' }
    const preflight = await ask(server, {
      method: 'OPTIONS',
      headers: {
        ...headers,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    })
    const call = await ask(server, { headers: { ...json, ...headers }, body: JSON.stringify({ query: whoami }) })
    for (const reply of [preflight, call]) {
      expect([...reply.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  test('a page of an allowed origin gets CORS headers for its origin, without credentials', async ({ start }) => {
    const server = await start({ production: true, allowedOrigins: ['https://chat.example'] })
    const headers = { ...json, origin: 'https://chat.example' }
    const reply = await ask(server, { headers, body: JSON.stringify({ query: whoami }) })
    expect(reply.headers.get('access-control-allow-origin')).toBe('https://chat.example')
    expect(reply.headers.get('access-control-allow-credentials')).not.toBe('true')
  })

  test('a socket opens without an origin, from the own and from an allowed one, and from no other', async ({
    start,
  }) => {
    const server = await start({ production: true, allowedOrigins: ['https://chat.example'] })
    expect(await upgradeStatus(server, '/graphql')).toBe(101)
    expect(await upgradeStatus(server, '/graphql', { origin: server.url })).toBe(101)
    expect(await upgradeStatus(server, '/graphql', { origin: 'https://chat.example' })).toBe(101)
    for (const origin of [
      'https://evil.example',
      'http://localhost:3000',
      'null',
      'https://chat.example.evil.example',
    ]) {
      expect(await upgradeStatus(server, '/graphql', { origin })).toBe(403)
    }
  })

  test('outside production every port of localhost may open a socket', async ({ one }) => {
    expect(await upgradeStatus(one, '/graphql', { origin: 'http://localhost:3000' })).toBe(101)
    expect(await upgradeStatus(one, '/graphql', { origin: 'http://localhost.evil.example' })).toBe(403)
  })
})

describe('what is no operation', () => {
  test.for([
    ['text that is no JSON', '{"query": ', 400],
    ['JSON that is no object', '"{ viewer { user { id } } }"', 400],
    ['null', 'null', 400],
    ['nothing', '', 400],
    ['a batch', JSON.stringify([{ query: whoami }, { query: whoami }]), 400],
    ['an object without a query', '{}', 200],
    ['variables that are no object', JSON.stringify({ query: whoami, variables: [1] }), 400],
    ['a parameter that GraphQL does not know', JSON.stringify({ query: whoami, id: 1 }), 400],
    ['a syntax error', JSON.stringify({ query: '{ viewer' }), 200],
    ['an unknown field', JSON.stringify({ query: '{ viewer { nonsense } }' }), 200],
    ['a variable of the wrong type', JSON.stringify({ query: 'query ($a: Int!) { __type(name: $a) { name } }' }), 200],
    ['a missing variable', JSON.stringify({ query: 'query ($a: ID!) { node(id: $a) { id } }' }), 400],
    ['two operations and no name', JSON.stringify({ query: 'query A { __typename } query B { __typename }' }), 400],
  ] as const)('%s is answered with a code and no trace', async ([, body, status], { one }) => {
    const response = await fetch(`${one.url}/graphql`, { method: 'POST', headers: json, body })
    const { errors } = (await response.json()) as Answer<unknown>
    expect(response.status).toBe(status)
    expect(errors?.length).toBeGreaterThan(0)
    for (const { extensions } of errors ?? []) {
      expect(extensions.code).toBe('BAD_USER_INPUT')
      expect(Object.keys(extensions).filter((key) => !['code', 'fields'].includes(key))).toEqual([])
    }
  })

  test('variables in the URL that are no JSON are answered with a code', async ({ one }) => {
    const reply = await ask(one, { method: 'GET' }, `/graphql?query=${encodeURIComponent(whoami)}&variables={`)
    expect(reply).toMatchObject({ status: 400, codes: ['BAD_USER_INPUT'] })
  })

  test('a method that GraphQL does not have is refused', async ({ one }) => {
    expect(await ask(one, { method: 'PUT', headers: json, body: '{}' })).toMatchObject({
      status: 405,
      codes: ['BAD_USER_INPUT'],
    })
  })

  test('a query in the URL is answered', async ({ one }) => {
    const reply = await ask(one, { method: 'GET' }, '/graphql?query={__typename}')
    expect(reply).toMatchObject({ status: 200, data: { __typename: 'Query' } })
  })
})

describe('the size of a request', () => {
  const bodyOf = (bytes: number) => {
    const body = JSON.stringify({ query: '{ __typename }', operationName: null })
    return body + ' '.repeat(bytes - body.length)
  }

  test('a body as large as the bound is answered, and one byte more is refused', async ({ one }) => {
    const fits = bodyOf(limits.requestBytesMax)
    expect(await ask(one, { headers: json, body: fits })).toMatchObject({ status: 200, data: { __typename: 'Query' } })
    expect(await ask(one, { headers: json, body: `${fits} ` })).toMatchObject({
      status: 413,
      codes: ['BAD_USER_INPUT'],
    })
  })

  test('a body that announces more is refused before it comes', async ({ one }) => {
    const headers = { ...json, 'content-length': String(limits.requestBytesMax + 1) }
    const status = await new Promise((resolve, reject) => {
      const asked = request(`${one.url}/graphql`, { method: 'POST', headers }, (response) => {
        resolve(response.statusCode)
        asked.destroy()
      })
      asked.once('error', reject)
      asked.flushHeaders()
    })
    expect(status).toBe(413)
  })

  test('a body in chunks that announces nothing is held to the same bound', async ({ one }) => {
    const inChunks = (bytes: number) =>
      ask(one, { headers: json, body: new Blob([bodyOf(bytes)]).stream(), duplex: 'half' } as RequestInit)
    expect(await inChunks(limits.requestBytesMax)).toMatchObject({ status: 200, data: { __typename: 'Query' } })
    expect(await inChunks(limits.requestBytesMax + 1)).toMatchObject({ status: 413, codes: ['BAD_USER_INPUT'] })
  })
})

describe('a request whose length is announced, and the same in chunks', () => {
  const room = 'room_01h455vb4pex5vsknk084sn02q'
  test.for([
    ['a query', { query: '{ server { name } viewer { user { id } } }' }, {}],
    [
      'a query with a name and variables',
      {
        query: 'query A($s: String!) { user(username: $s) { id } } query B { __typename }',
        operationName: 'A',
        variables: { s: 'x' },
      },
      {},
    ],
    ['an operation that fails', { query: `{ room(id: "${room}") { id } nodes(ids: ["${room}"]) { id } }` }, {}],
    ['a mutation that fails', { query: `mutation { leaveRoom(input: { roomId: "${room}" }) { roomId } }` }, {}],
    ['an unknown field', { query: '{ nonsense }' }, {}],
    ['a missing variable', { query: 'query ($a: ID!) { node(id: $a) { id } }' }, {}],
    ['an unknown operation', { query: '{ __typename }', operationName: 'A' }, {}],
    ['an allowed origin', { query: '{ __typename }' }, { origin: 'http://localhost:3000' }],
    ['a foreign origin', { query: '{ __typename }' }, { origin: 'https://evil.example' }],
    ['a bad token', { query: whoami }, { authorization: 'Bearer nonsense' }],
    [
      'the newer media type',
      { query: whoami },
      { accept: 'application/graphql-response+json, application/json;q=0.9' },
    ],
    ['the older media type', { query: '{ nonsense }' }, { accept: 'application/json' }],
    ['an event stream', { query: '{ __typename }' }, { accept: 'text/event-stream' }],
    ['a media type that nobody knows', { query: '{ __typename }' }, { accept: 'image/png' }],
  ] as const)('%s: both are answered alike', async ([, parameters, given], { one }) => {
    const body = JSON.stringify(parameters)
    const headers = { ...json, ...given }
    const answers = [body, new Blob([body]).stream()].map(async (sent) => {
      const response = await fetch(`${one.url}/graphql`, {
        method: 'POST',
        headers,
        body: sent,
        duplex: 'half',
      } as RequestInit)
      const ofInterest = ['content-type', 'access-control-allow-origin', 'vary', 'x-content-type-options']
      return [response.status, await response.text(), ...ofInterest.map((name) => response.headers.get(name))]
    })
    const [announced, chunked] = await Promise.all(answers)
    expect(announced).toEqual(chunked)
  })
})

describe('errors', () => {
  test('a failure of the server is masked, and its log has the reason under the request id', async ({
    start,
    databaseUrl,
  }) => {
    const lines: string[] = []
    const log = pino({ level: 'error' }, { write: (line) => lines.push(line) })
    const server = await start({}, { log })
    const ada = await guest(server)
    const admin = await connect(databaseUrl)
    await admin.query('alter table users rename column bio to gone')
    const { errors } = await ada.attempt('{ viewer { user { bio } } }')
    await admin.query('alter table users rename column gone to bio')
    await admin.end()
    const [error] = errors ?? []
    expect(error?.extensions).toEqual({ code: 'INTERNAL', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
    expect(error?.message).not.toMatch(/bio|column|prisma/i)
    expect(lines.join('\n')).toContain(String(error?.extensions.requestId))
    expect(lines.join('\n')).toMatch(/bio/)
  })

  test('every code is of the list that the schema has', async ({ one }) => {
    const { data } = await post<{ __type: { enumValues: { name: string }[] } }>(one, {
      query: '{ __type(name: "ErrorCode") { enumValues { name } } }',
    })
    expect(data?.__type.enumValues.map(({ name }) => name).sort()).toEqual(Object.keys(errorCodes).sort())
  })
})
