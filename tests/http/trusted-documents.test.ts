import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test as plain } from 'vitest'
import { readConfig } from '../../src/config/config.ts'
import { StartError } from '../../src/database/start-error.ts'
import { documentIdOf } from '../../src/http/trusted-documents.ts'
import { type Answer, type Client, guest, type Server } from '../support/client.ts'
import { readText } from '../support/documents.ts'
import { openInitialised } from '../support/raw-socket.ts'
import { test as base } from '../support/server.ts'
import { followEvents } from '../support/sse.ts'

const own = '{ server { name } }'
const viewerName = 'query Who { viewer { user { displayName } } }'
const events = 'subscription Own($roomId: ID!) { roomEvents(roomId: $roomId) { __typename } }'
const rename =
  'mutation Rename($name: String!) { updateProfile(input: { displayName: $name }) { viewer { user { id } } } }'

const manifest = { own, 'who-1': viewerName, events, rename, [documentIdOf(own).slice('sha256:'.length)]: own }

async function writeManifest(documents: unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kabar-documents-'))
  const file = join(folder, 'documents.json')
  await writeFile(file, typeof documents === 'string' ? documents : JSON.stringify(documents))
  return file
}

const test = base
  .extend('strict', { scope: 'file' }, async ({ start }, { onCleanup }) => {
    const file = await writeManifest(manifest)
    onCleanup(() => rm(file))
    return start({ documents: { onlyTrusted: true, file } })
  })
  .extend('ada', { scope: 'file' }, async ({ one, strict }) => (await guest(one, 'Ada')).at(strict))

type Asked = { documentId?: unknown; query?: string; variables?: Record<string, unknown> }
type Ask = (client: { server: Server; token: string }, asked: Asked) => Promise<Answer<unknown>>

const json = (server: Server, { token, body, type }: { token: string; body: Asked; type: string }) =>
  fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': type, authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  }).then((response) => response.json() as Promise<Answer<unknown>>)

/** Every way to send an operation. */
const ways: Record<string, Ask> = {
  HTTP: ({ server, token }, body) => json(server, { token, body, type: 'application/json' }),
  'HTTP through Yoga': ({ server, token }, body) =>
    json(server, { token, body, type: 'application/json; charset=UTF8' }),
  async GET({ server, token }, { variables, ...asked }) {
    const given = { ...asked, ...(variables && { variables: JSON.stringify(variables) }) }
    const url = `${server.url}/graphql?${new URLSearchParams(given as Record<string, string>)}`
    return (await (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).json()) as Answer<unknown>
  },
  async SSE({ server, token }, body) {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    const data = /^data: (\{.*)$/m.exec(text)?.[1]
    return JSON.parse(data ?? text) as Answer<unknown>
  },
  async WebSocket({ server, token }, payload) {
    const socket = await openInitialised(server, token)
    socket.say({ id: '1', type: 'subscribe', payload })
    const answer = await socket.next()
    // whatever the answer was, the socket is still of use
    if (answer.type === 'next') await socket.next()
    socket.say({ id: '2', type: 'subscribe', payload: { documentId: 'own' } })
    expect(await socket.next()).toMatchObject({ id: '2', type: 'next' })
    return (answer.type === 'error' ? { errors: answer.payload } : answer.payload) as Answer<unknown>
  },
}

const at = (client: Client, server: Server) => client.at(server)

describe.for(Object.entries(ways))('over %s', ([, ask]) => {
  test('a document is found by its id', async ({ one, strict }) => {
    const ada = at(await guest(one, 'Ada'), strict)
    expect(await ask(ada, { documentId: 'who-1' })).toEqual({ data: { viewer: { user: { displayName: 'Ada' } } } })
    expect(await ask(ada, { documentId: documentIdOf(own) })).toEqual({ data: { server: { name: 'Kabar' } } })
    // a text that is known is trusted, too: clients need not know ids
    expect(await ask(ada, { query: own })).toEqual({ data: { server: { name: 'Kabar' } } })
  })

  const refused: [what: string, asked: Asked, code: string][] = [
    ['another text', { query: '{ server { version } }' }, 'FORBIDDEN'],
    ['introspection', { query: '{ __schema { queryType { name } } }' }, 'FORBIDDEN'],
    ['a known text with one more space', { query: `${own} ` }, 'FORBIDDEN'],
    ['another text beside a known id', { documentId: 'own', query: '{ server { version } }' }, 'FORBIDDEN'],
    ['an unknown id', { documentId: 'sha256:00' }, 'BAD_USER_INPUT'],
    ['the id of something that every object has', { documentId: 'constructor' }, 'BAD_USER_INPUT'],
  ]
  test.for(refused)('%s is refused', async ([, asked, code], { ada }) => {
    const { errors } = await ask(ada, asked)
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code])
  })
})

test('mutations and subscriptions go by ids', async ({ one, strict }) => {
  const ada = at(await guest(one), strict)
  const variables = { name: 'Grace' }
  expect((await ways.WebSocket?.(ada, { documentId: 'rename', variables }))?.errors).toBeUndefined()
  expect((await ways.HTTP?.(ada, { documentId: 'who-1' }))?.data).toEqual({
    viewer: { user: { displayName: 'Grace' } },
  })
})

test('where others are allowed, ids are taken too', async ({ one }) => {
  const ada = await guest(one)
  const [id = ''] = Object.keys(JSON.parse(readText('documents.json')) as object)
  for (const ask of [ways.HTTP, ways.WebSocket]) {
    const answer = await ask?.(ada, { documentId: id }).catch(() => null)
    expect(answer?.errors?.[0]?.message ?? '').not.toContain('documentId')
  }
  expect((await ways.HTTP?.(ada, { query: '{ server { version } }' }))?.errors).toBeUndefined()
})

plain('documents.json is what the clients send', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/trusted-documents.ts', '--check'], {
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

plain('GraphiQL is off', () => {
  expect(readConfig({ TRUSTED_DOCUMENTS: 'only', GRAPHIQL: 'true' }).graphiql).toBe(false)
  expect(readConfig({ GRAPHIQL: 'true' }).graphiql).toBe(true)
  expect(() => readConfig({ TRUSTED_DOCUMENTS: 'some' })).toThrow('TRUSTED_DOCUMENTS')
})

describe('a server does not start with', () => {
  const wrong: [what: string, documents: unknown, why: string][] = [
    ['a document of another schema', { a: '{ nothing }' }, 'nothing'],
    ['a document that is none', { a: '{' }, 'Syntax Error'],
    ['a document that is too deep', { a: `{${'a{'.repeat(60)}b${'}'.repeat(60)}}` }, 'nested'],
    ['a file that is no JSON', 'no', 'JSON'],
    ['a file of something else', ['{ server { name } }'], 'not an object of ids and texts'],
    [
      'more documents than are allowed',
      Object.fromEntries(Array.from({ length: 5_001 }, (_, id) => [id, own])),
      '5000',
    ],
  ]
  test.for(wrong)('%s', async ([, documents, why], { start }) => {
    const file = await writeManifest(documents)
    onTestFinished(() => rm(file))
    const starting = start({ documents: { onlyTrusted: false, file } })
    await expect(starting).rejects.toThrow(StartError)
    await expect(starting).rejects.toThrow(why)
  })
})

test('a stream of events follows a document by its id', async ({ one, strict }) => {
  const ada = await guest(one)
  const { createRoom } = await ada.call<{ createRoom: { room: { id: string } } }>(
    'mutation { createRoom(input: { name: "Lobby", access: OPEN }) { room { id } } }',
  )
  const stream = await followEvents(at(ada, strict), events, { roomId: createRoom.room.id })
  expect(await stream.next()).toMatchObject({ data: { data: { roomEvents: { __typename: 'Synced' } } } })
})
