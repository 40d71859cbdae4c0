// Requests as front-end libraries, proxies and browsers send them.

import { gzipSync } from 'node:zlib'
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { test } from '../support/server.ts'
import { followEvents } from '../support/sse.ts'

const json = { 'content-type': 'application/json' }
const urqlAccept =
  'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed'

interface Asked {
  readonly headers?: Record<string, string>
  readonly body: string | Uint8Array<ArrayBuffer>
}

interface Answered {
  readonly status: number
  readonly body: unknown
}

async function ask(url: string, { headers, body }: Asked): Promise<Answered> {
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { ...json, ...headers }, body })
  return { status: response.status, body: await response.json() }
}

const typename = { status: 200, body: { data: { __typename: 'Query' } } }
const query = '{ __typename }'
const failsWith = (message: string, code = 'BAD_USER_INPUT') => ({
  errors: [{ message: expect.stringContaining(message), extensions: { code } }],
})

const requests: Record<string, Asked & { readonly answer: object }> = {
  'an empty operationName is none': {
    body: JSON.stringify({ query: '{ __typename } ', operationName: '' }),
    answer: typename,
  },
  'extensions of Apollo Client are ignored': {
    body: JSON.stringify({ query, extensions: { clientLibrary: { name: '@apollo/client', version: '4' } } }),
    answer: typename,
  },
  'a byte order mark before the JSON is ignored': { body: `\uFEFF${JSON.stringify({ query })}`, answer: typename },
  'a query may accept event streams after JSON, as urql does': {
    headers: { accept: urqlAccept },
    body: JSON.stringify({ query }),
    answer: typename,
  },
  'the hash of a persisted query is answered so that clients send the text': {
    body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'ab' } } }),
    answer: { status: 200, body: failsWith('PersistedQueryNotSupported') },
  },
  'a body in another charset is refused': {
    headers: { 'content-type': 'application/json; charset=iso-8859-1' },
    body: JSON.stringify({ query }),
    answer: { status: 415, body: failsWith('must be UTF-8') },
  },
  'a compressed body is refused': {
    headers: { 'content-encoding': 'gzip' },
    body: new Uint8Array(gzipSync(JSON.stringify({ query }))),
    answer: { status: 415, body: failsWith('must not be compressed') },
  },
  'a subscription as JSON is refused': {
    headers: { accept: 'application/json' },
    body: JSON.stringify({ query: 'subscription { viewerEvents { cursor } }' }),
    answer: { status: 406, body: failsWith('text/event-stream') },
  },
  'a media type that is not served is refused in words, before anything runs': {
    headers: { accept: 'text/html' },
    body: JSON.stringify({ query: 'mutation { signInAsGuest(input: { displayName: "A" }) { accessToken } }' }),
    answer: { status: 406, body: failsWith('application/json') },
  },
  'the text of a persisted query may be null': {
    body: JSON.stringify({ query: null, extensions: { persistedQuery: { version: 1, sha256Hash: 'ab' } } }),
    answer: { status: 200, body: failsWith('PersistedQueryNotSupported') },
  },
  'a variable that is missing is named': {
    body: JSON.stringify({ query: 'query ($id: ID!) { room(id: $id) { id } }' }),
    answer: {
      body: {
        errors: [{ extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'id', message: 'was not provided' }] } }],
      },
    },
  },
  'an invalid variable is named with its path and place': {
    body: JSON.stringify({
      query: 'mutation Say($i: SendMessageInput!) { sendMessage(input: $i) { message { id } } }',
      variables: { i: { roomId: 'room_x', body: { text: 'hi' } } },
    }),
    answer: {
      body: {
        errors: [
          {
            message: expect.stringMatching(/^Variable "\$i" has invalid value at \.body: /),
            locations: [{ line: 1, column: 14 }],
            extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'body', message: expect.any(String) }] },
          },
        ],
      },
    },
  },
}

test.for(Object.entries(requests))('%s', async ([, { answer, ...asked }], { one }) => {
  expect(await ask(one.url, asked)).toMatchObject(answer)
})

test('a page of no edges is empty, and says whether there are more', async ({ one }) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  await send(ada, roomId, 'hi')
  const page = '{ nodes { __typename } pageInfo { hasNextPage hasPreviousPage endCursor } }'
  const { room } = await ada.call<{ room: object }>(
    `query ($id: ID!) { room(id: $id) { first: messages(first: 0) ${page} last: messages(last: 0) ${page} members(first: 0) ${page} } }`,
    { id: roomId },
  )
  expect(room).toEqual({
    first: { nodes: [], pageInfo: { hasNextPage: true, hasPreviousPage: false, endCursor: null } },
    last: { nodes: [], pageInfo: { hasNextPage: false, hasPreviousPage: true, endCursor: null } },
    members: { nodes: [], pageInfo: { hasNextPage: true, hasPreviousPage: false, endCursor: null } },
  })
})

test.for([
  '2026-02-30T10:00:00Z',
  '2026-04-31T10:00:00Z',
  '2025-02-29T10:00:00Z',
  '2026-01-31T24:00:00Z',
  '2026-01-31T10:00:00+24:00',
])('a time that does not exist is refused: %s', async (until, { one }) => {
  const ada = await guest(one, 'Ada')
  const { errors } = await ada.attempt(
    'mutation ($input: MuteMemberInput!) { muteMember(input: $input) { __typename } }',
    { input: { roomId: await makeRoom(ada), userId: ada.userId, until } },
  )
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } })
  expect(JSON.stringify(errors)).toContain('RFC 3339')
})

test('Apollo Client with a link of persisted queries sends the text after the first refusal', async ({ one }) => {
  const hash = new PersistedQueryLink({ sha256: async (text) => text.slice(0, 64) })
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: hash.concat(new HttpLink({ uri: `${one.url}/graphql` })),
  })
  onTestFinished(() => client.stop())
  const { data } = await client.query({ query: gql(query) })
  expect(data).toMatchObject({ __typename: 'Query' })
})

/** Ways to say who one is when a socket opens. */
const greetings: Record<string, (token: string) => object> = {
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
  Authorization: (token) => ({ Authorization: `Bearer ${token}` }),
  'headers as genql sends them': (token) => ({ headers: { Authorization: `Bearer ${token}` } }),
}

test.for(Object.entries(greetings))('a socket is signed in by %s', async ([, payloadOf], { one }) => {
  const ada = await guest(one, 'Ada')
  const socket = new WebSocket(`${one.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  const answer = new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: payloadOf(ada.token) })))
    socket.on('message', (data: Buffer) => {
      const { type, payload } = JSON.parse(data.toString())
      const ask = { id: '1', type: 'subscribe', payload: { query: '{ viewer { user { id } } }', operationName: '' } }
      if (type === 'connection_ack') socket.send(JSON.stringify(ask))
      if (type === 'next' || type === 'error') resolve(payload)
    })
  })
  expect(await answer).toEqual({ data: { viewer: { user: { id: ada.userId } } } })
})

const messageAdded = 'subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { body } }'

test('queries of urql take no place of an event stream, and its subscriptions do', async ({ start }) => {
  const server = await start({ edge: { socketsPerAddressMax: 1 } })
  const ada = await guest(server, 'Ada')
  const roomId = await makeRoom(ada)
  const follow = () => followEvents(ada, messageAdded, { roomId }, { accept: urqlAccept })
  const stream = await follow()
  expect(await ask(server.url, { headers: { accept: urqlAccept }, body: JSON.stringify({ query }) })).toEqual(typename)
  expect((await follow()).response.status).toBe(429)
  await send(ada, roomId, 'hi')
  expect(await stream.next()).toMatchObject({ data: { data: { messageAdded: { body: 'hi' } } } })
})

/** Follows a room as an `EventSource` does: with the text in the URL, and the last `id` in a header. */
function followAgain(client: Client, roomId: string, lastEventId: string) {
  return followEvents(client, messageAdded, { roomId }, { 'last-event-id': lastEventId })
}

test('an event stream goes on after the last id, without a cursor in the operation', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const roomId = await makeRoom(ada)
  const first = await followEvents(ada, messageAdded, { roomId })
  expect(first.response.headers.get('x-accel-buffering')).toBe('no')
  await send(ada, roomId, 'one')
  const { id = '' } = await first.next()
  first.abort()
  await send(ada, roomId, 'two')
  await send(ada, roomId, 'three')
  const second = await followAgain(ada.at(two), roomId, id)
  for (const body of ['two', 'three']) {
    expect(await second.next()).toMatchObject({ data: { data: { messageAdded: { body } } } })
  }
  const wrong = await followAgain(ada, roomId, 'none')
  expect(JSON.stringify((await wrong.next()).data)).toContain('Last-Event-ID')
})
