import { expect } from 'vitest'
import { demoConfig, startDemo } from '../../src/cli/demo.ts'
import { type DemoWorld, describeWorld, seedWorld } from '../../src/cli/demo-seed.ts'
import { openDatabase } from '../../src/database/client.ts'
import { StartError } from '../../src/database/start-error.ts'
import { formatId } from '../../src/input/ids.ts'
import type { KabarServer } from '../../src/server.ts'
import { enter } from '../support/accounts.ts'
import { Client, post } from '../support/client.ts'
import { connect } from '../support/database.ts'
import { findBreaks } from '../support/feeds.ts'
import { test as base, testConfig } from '../support/server.ts'

const test = base.extend('demo', { scope: 'file' }, async ({ databaseUrl }, { onCleanup }) => {
  const { server, hint } = await startDemo(demoConfig(testConfig(databaseUrl, { graphiql: true })))
  onCleanup(() => server.close())
  return { server, hint }
})

interface Message {
  number: number
  body: string | null
  createdAt: string
  editedAt: string | null
  deletedAt: string | null
  replyTo: { number: number } | null
}

interface Room {
  id: string
  kind: string
  access: string
  memberCount: number
  messageCount: number
  members: { nodes: { role: string }[] }
}

async function ask<Data>(server: KabarServer, token: string, query: string, variables = {}): Promise<Data> {
  const { data, errors } = await post<Data>(server, { query, variables, token })
  if (!data) throw new Error(JSON.stringify(errors))
  return data
}

/** Signs in as a user of the demo, with what is printed at the start. */
async function signIn({ server, hint }: { server: KabarServer; hint: string }, username = 'ada'): Promise<string> {
  const [, password = ''] = /password of all is (\S+)/.exec(hint) ?? []
  return (await enter(server, 'signIn', { username, password })).accessToken
}

async function roomsOf(server: KabarServer, token: string): Promise<Room[]> {
  const query = `{ viewer { memberships { nodes { room {
    id kind access memberCount messageCount members { nodes { role } }
  } } } } }`
  const { viewer } = await ask<{ viewer: { memberships: { nodes: { room: Room }[] } } }>(server, token, query)
  return viewer.memberships.nodes.map((node) => node.room)
}

async function historyOf(server: KabarServer, token: string, id: string): Promise<Message[]> {
  const query = `query ($id: ID!, $after: String) { room(id: $id) { messages(first: 100, after: $after) {
    nodes { number body createdAt editedAt deletedAt replyTo { number } } pageInfo { endCursor hasNextPage }
  } } }`
  interface Page {
    room: { messages: { nodes: Message[]; pageInfo: { endCursor: string; hasNextPage: boolean } } }
  }
  const messages: Message[] = []
  let after: string | null = null
  for (;;) {
    const { room }: Page = await ask<Page>(server, token, query, { id, after })
    messages.push(...room.messages.nodes)
    if (!room.messages.pageInfo.hasNextPage) return messages
    after = room.messages.pageInfo.endCursor
  }
}

const countTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

test('everybody who is printed can sign in', async ({ demo }) => {
  const [, names = ''] = /Sign in as (.+);/.exec(demo.hint) ?? []
  const usernames = names.split(', ')
  expect(usernames.length).toBe(6)
  for (const username of usernames) expect(await signIn(demo, username)).toBeTruthy()
})

test('rooms of all kinds are printed, and open as they say', async ({ demo }) => {
  const { server, hint } = demo
  const printed = [...hint.matchAll(/^ {4}([A-Z2-9]{8}) {2}.* (OPEN|PASSWORD|INVITE)(?:, password (\S+))?$/gm)]
  expect(printed.length).toBe(7)
  expect(new Set(printed.map(([, , access]) => access))).toEqual(new Set(['OPEN', 'PASSWORD', 'INVITE']))
  const { accessToken } = await enter(server, 'signInAsGuest', { displayName: 'Newcomer' })
  for (const [, code, access, password] of printed) {
    const query = 'mutation ($input: JoinRoomInput!) { joinRoom(input: $input) { room { memberCount } } }'
    const { errors } = await post(server, { query, variables: { input: { code, password } }, token: accessToken })
    expect(errors?.[0]?.extensions.code, code).toBe(access === 'INVITE' ? 'NOT_FOUND' : undefined)
  }
})

test('members, messages and events of each room are counted without a hole', async ({ demo, databaseUrl }) => {
  const { server } = demo
  let total = 0
  for (const username of ['ada', 'dewi']) {
    const token = await signIn(demo, username)
    for (const { id, kind, memberCount, messageCount, members } of await roomsOf(server, token)) {
      const messages = await historyOf(server, token, id)
      total += messages.length
      expect(members.nodes.length).toBe(memberCount)
      expect(members.nodes.filter(({ role }) => role === 'OWNER').length).toBe(kind === 'DIRECT' ? 0 : 1)
      expect(messages.map(({ number }) => number)).toEqual(countTo(messageCount))
      const times = messages.map(({ createdAt }) => createdAt)
      expect(times).toEqual(times.toSorted())
      for (const { number, replyTo } of messages) expect(replyTo?.number ?? 0).toBeLessThan(number)
    }
  }
  expect(total).toBeGreaterThan(2_000)

  const database = openDatabase({
    url: databaseUrl,
    poolSize: 1,
    statementTimeoutMs: 10_000,
    preparedStatements: true,
    onError: () => {},
  })
  try {
    const topics = await database.db.topic.findMany({ include: { events: { orderBy: { seq: 'asc' } } } })
    for (const { head, lastNumber, events } of topics) {
      expect(events.map(({ seq }) => Number(seq))).toEqual(countTo(Number(head)))
      expect(events.filter(({ kind }) => kind === 'MESSAGE_SENT').length).toBe(lastNumber)
    }
  } finally {
    await database.close()
  }
})

test('the events of every room follow each other, and the cursor that is printed is one of them', async ({
  demo,
  databaseUrl,
}) => {
  expect(await findBreaks(await connect(databaseUrl))).toEqual([])
  const token = await signIn(demo)
  const query = '{ viewer { memberships { nodes { room { id messages(last: 1) { nodes { cursor } } } } } } }'
  interface Rooms {
    viewer: { memberships: { nodes: { room: { id: string; messages: { nodes: { cursor: string }[] } } }[] } }
  }
  const { viewer } = await ask<Rooms>(demo.server, token, query)
  const { eventCursor, rooms } = await seedWorld(demo.server.parts)
  const cursors = viewer.memberships.nodes.map(({ room }) => [room.id, room.messages.nodes[0]?.cursor] as const)
  const ada = new Client(demo.server, { token, refreshToken: '', userId: '', name: 'ada' })
  const asked = [...cursors, [formatId('Room', rooms[0]?.id ?? ''), eventCursor] as const]
  expect(asked.length).toBeGreaterThan(5)
  for (const [roomId, after] of asked) {
    const stream = ada.follow<{ roomEvents: { __typename: string } }>(
      'subscription ($roomId: ID!, $after: EventCursor) { roomEvents(roomId: $roomId, after: $after) { __typename } }',
      { roomId, after },
    )
    expect((await stream.nextData()).roomEvents.__typename).not.toBe('ResyncRequired')
    stream.stop()
  }
})

test('there are replies, edits and deletions to look at', async ({ demo }) => {
  const token = await signIn(demo)
  const rooms = await roomsOf(demo.server, token)
  const all = await Promise.all(rooms.map(({ id }) => historyOf(demo.server, token, id)))
  const messages = all.flat()
  expect(messages.filter(({ replyTo }) => replyTo).length).toBeGreaterThan(100)
  expect(messages.filter(({ editedAt }) => editedAt).length).toBeGreaterThan(20)
  const deleted = messages.filter(({ deletedAt }) => deletedAt)
  expect(deleted.length).toBeGreaterThan(20)
  expect(new Set(deleted.map(({ body }) => body))).toEqual(new Set(['']))
})

test('a second start finds the world there', async ({ demo }) => {
  const { parts } = demo.server
  const count = () => Promise.all([parts.db.message.count(), parts.db.user.count(), parts.db.room.count()])
  const before = await count()
  const again: DemoWorld = await seedWorld(parts)
  expect(await count()).toEqual(before)
  expect(again.rooms.map(({ code }) => code)).toEqual(
    [...demo.hint.matchAll(/^ {4}([A-Z]{8}) /gm)].map(([, code]) => code),
  )
  expect(describeWorld(again).split('\n').length).toBe(demo.hint.split('\n').length)
})

test('GraphiQL opens with operations that run as they are', async ({ demo }) => {
  const { server } = demo
  const page = await (await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } })).text()
  const [, options = ''] = /renderYogaGraphiQL\(\s*window\.document\S*,\s*(\{.*\}),\s*\)/.exec(page) ?? []
  const { defaultTabs } = JSON.parse(options) as { defaultTabs: { query: string; variables?: string }[] }
  const [token = ''] = /[\w-]+\.[\w-]+\.[\w-]{20,}(?="\))/.exec(page) ?? []
  expect(defaultTabs.length).toBe(5)
  for (const { query, variables } of defaultTabs) {
    expect(query.split('\n').filter((line) => line.length > 52)).toEqual([])
    if (query.includes('subscription')) continue
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables: JSON.parse(variables ?? '{}') }),
    })
    expect(await response.json(), query).not.toHaveProperty('errors')
  }
})

test('the demo does not start in production, because its password is known', ({ databaseUrl }) => {
  expect(() => demoConfig(testConfig(databaseUrl, { production: true }))).toThrow(StartError)
})
