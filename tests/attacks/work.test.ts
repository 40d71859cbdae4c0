import { getIntrospectionQuery } from 'graphql'
import { describe, expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { operationLimits } from '../../src/config/http.ts'
import { type Answer, type Client, guest, makeRoom, post, send } from '../support/client.ts'
import { heaviestAllowed, heavyOperations, repeat } from '../support/heavy-documents.ts'
import { openInitialised } from '../support/raw-socket.ts'
import { test as base } from '../support/server.ts'
import { followEvents } from '../support/sse.ts'
import { codesOf, transports } from '../support/transports.ts'

/** The largest body: four bytes for each character. */
const longest = '\u{1f4a7}'.repeat(limits.messageLengthMax)

/** A client with a room whose page of messages is as large as can be. */
const test = base.extend('full', { scope: 'file' }, async ({ one }) => {
  const client = await guest(one)
  const roomId = await makeRoom(client)
  for (let index = 0; index < limits.pageSizeMax; index++) await send(client, roomId, longest)
  return { client, roomId }
})

/** CPU milliseconds of this process, which the server lives in: the least of some runs, since others run here too. */
async function cpuMs(work: () => Promise<unknown>, runs = 5): Promise<number> {
  const took: number[] = []
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    took.push((user + system) / 1_000)
  }
  return Math.min(...took)
}

const bytesOf = (answer: unknown) => Buffer.byteLength(JSON.stringify(answer))

describe.for(Object.entries(transports))('work before execution, over %s', ([, ask]) => {
  test.for(Object.entries(heavyOperations))('%s: refused before it is done', async ([, operation], { one }) => {
    const ada = await guest(one)
    const answer = await ask(ada, operation)
    expect(codesOf(answer)).toEqual(['OPERATION_TOO_COMPLEX'])
    expect(bytesOf(answer)).toBeLessThan(1_000)
  })

  test('faults of a document and its variables are told up to a number and a length', async ({ one }) => {
    const ada = await guest(one)
    const wrong = [
      { query: `{ viewer { ${repeat(900, (index) => `field${index}`)} } }` },
      { query: `{ ${'a'.repeat(100)} { ${repeat(900, (index) => `field${index}`)} } }` },
      {
        query: `mutation { sendMessage(input: { ${repeat(300, (index) => `a${index}: "${'x'.repeat(500)}"`)} }) { message { id } } }`,
      },
      {
        query: 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }',
        variables: {
          input: Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`a${index}`, 'x'.repeat(400)])),
        },
      },
    ]
    for (const operation of wrong) {
      const answer = await ask(ada, operation)
      expect(new Set(codesOf(answer))).toEqual(new Set(['BAD_USER_INPUT']))
      expect(bytesOf(answer)).toBeLessThan(100_000)
    }
  })
})

test('refusing costs little, however large the document', async ({ one }) => {
  const ada = await guest(one)
  for (const [name, operation] of Object.entries(heavyOperations)) {
    let run = 0
    const query = () => `${operation.query} #${run++}`
    expect(await cpuMs(() => ada.attempt(query(), operation.variables)), name).toBeLessThan(150)
  }
})

/** Milliseconds of CPU that the heaviest operation may take which is allowed, with the client that sends it. */
const heaviestMs = 400

describe('the most that each bound lets through', () => {
  test.for(Object.entries(heaviestAllowed))(
    '%s: takes bounded time and bytes',
    async ([name, operationOf], { full, one }) => {
      const { query, variables } = operationOf(full.roomId)
      let answer: Answer<unknown> = {}
      let run = 0
      const took = await cpuMs(async () => {
        answer = await full.client.attempt(`${query} #${run++}`, variables)
      })
      expect(codesOf(answer)).not.toContain('OPERATION_TOO_COMPLEX')
      expect(took, name).toBeLessThan(heaviestMs)
      // escapes may double what is counted
      expect(bytesOf(answer)).toBeLessThan(2 * one.parts.config.edge.answerBytesMax)
    },
  )

  test('JSON that is nested as deep as a request is long is refused, and leaves socket and server alive', async ({
    one,
  }) => {
    const { token } = await guest(one)
    const depth = (limits.requestBytesMax - 300) / 2
    const deep = `{"query":"{ __typename }","variables":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const response = await fetch(`${one.url}/graphql`, { method: 'POST', headers, body: deep })
    expect(codesOf((await response.json()) as Answer<unknown>)).toEqual(['OPERATION_TOO_COMPLEX'])
    const socket = await openInitialised(one, token)
    for (const query of ['{ __typename }', 'subscription { viewerEvents { at } }']) {
      socket.say(`{"id":"1","type":"subscribe","payload":${deep.replace('{ __typename }', query)}}`)
      const refused = { type: 'error', payload: [{ extensions: { code: 'OPERATION_TOO_COMPLEX' } }] }
      expect(await socket.next()).toMatchObject(refused)
    }
  })
})

const bodies = (count: number) => `messages(last: 100) { nodes { ${repeat(count, (index) => `b${index}: body`)} } }`

describe.for(Object.entries(transports))('the answer, over %s', ([, ask]) => {
  test('a page of the longest messages comes whole', async ({ full: { client, roomId } }) => {
    const answer = await ask(client, { query: `{ node(id: "${roomId}") { ... on Room { ${bodies(1)} } } }` })
    expect(codesOf(answer)).toEqual([])
    expect(bytesOf(answer)).toBeGreaterThan(limits.pageSizeMax * 4 * limits.messageLengthMax)
  })

  test.for([3, 49])('the page with %i copies of each body ends before it is made', async (count, { full }) => {
    const query = `{ node(id: "${full.roomId}") { ... on Room { ${bodies(count)} } } }`
    const answer = await ask(full.client, { query })
    expect(codesOf(answer)).toEqual(['OPERATION_TOO_COMPLEX'])
    expect(answer.data ?? null).toBe(null)
    expect(bytesOf(answer)).toBeLessThan(1_000)
  })

  test('names alone, or errors alone, are counted too', async ({ start }) => {
    const client = await guest(await start({ edge: { answerBytesMax: 2_000 } }))
    const name = 'n'.repeat(operationLimits.nameLengthMax)
    const names = { query: `{ server { ${repeat(30, (index) => `${name.slice(3)}${index}: __typename`)} } }` }
    expect(codesOf(await ask(client, names))).toEqual(['OPERATION_TOO_COMPLEX'])
    const errors = {
      query: `{ ${repeat(10, (index) => `a${index}: room(code: "none") { id } b${index}: node(id: "none") { id }`)} }`,
    }
    expect(codesOf(await ask(client, errors))).toEqual(['OPERATION_TOO_COMPLEX'])
  })
})

test('an event of a stream is bounded like an answer, and the stream goes on', async ({ full: { client, roomId } }) => {
  const query = `subscription ($id: ID!, $after: EventCursor) {
    roomEvents(roomId: $id, after: $after) { ... on MessageSent { message { number room { ${bodies(3)} } } } } }`
  const read = '{ viewer { memberships { nodes { room { eventCursor } } } } }'
  const { viewer } = await client.call<{ viewer: { memberships: { nodes: { room: { eventCursor: string } }[] } } }>(
    read,
  )
  const variables = { id: roomId, after: viewer.memberships.nodes[0]?.room.eventCursor }
  const [socket, events] = [client.follow(query, variables), await followEvents(client, query, variables)]
  const refusals = async (next: () => Promise<Answer<unknown>>) => {
    const codes: unknown[] = []
    while (codes.length < 2) {
      const answer = await next()
      expect(bytesOf(answer)).toBeLessThan(1_000)
      codes.push(...codesOf(answer))
    }
    return codes
  }
  const both = [refusals(socket.next), refusals(async () => (await events.next()).data as Answer<unknown>)]
  for (const body of ['one', 'two']) await send(client, roomId, body)
  const refused = ['OPERATION_TOO_COMPLEX', 'OPERATION_TOO_COMPLEX']
  expect(await Promise.all(both)).toEqual([refused, refused])
})

describe('what was done is counted', () => {
  const withLeft = (operationsPerMinuteMax: number) => ({ edge: { operationsPerMinuteMax } })
  const codeOf = async (client: Client, query: string, variables?: Record<string, unknown>) =>
    codesOf(await client.attempt(query, variables))[0] ?? 'none'

  test('by the tokens of a new document, and not again once it is known', async ({ start }) => {
    const client = await guest(await start(withLeft(30)))
    const long = (mark: string) =>
      `{ server { ${'name '.repeat(60)} } nodes(ids: [${'"" '.repeat(1_800)}]) { id } } #${mark}`
    for (let known = 0; known < 9; known++) expect(await codeOf(client, long('known'))).toBe('BAD_USER_INPUT')
  })

  test('by the tokens of new documents that are refused, valid or not', async ({ start }) => {
    for (const [text, triesMax] of [
      [`{ ${'nothing '.repeat(99)} ]`, 16],
      [`{ ${'a '.repeat(1_999)}`, 16],
      // read up to the bracket that is too many, and once: it counts as 1
      [`{ nodes(ids: ${'['.repeat(1_990)}`, 40],
    ] as const) {
      const client = await guest(await start(withLeft(30)))
      let tries = 0
      while ((await codeOf(client, `${text} #${tries}`)) !== 'RATE_LIMITED') tries += 1
      expect(tries, text.slice(0, 20)).toBeLessThan(triesMax)
    }
  })

  test('by the bytes of an answer, which are given back where it has less', async ({
    start,
    full: { client, roomId },
  }) => {
    const server = await start(withLeft(60))
    const query = `{ node(id: "${roomId}") { ... on Room { ${bodies(1)} } } }`
    const codes: unknown[] = []
    for (let tries = 0; tries < 9; tries++) codes.push(await codeOf(client.at(server), query))
    // 13 each, and what has filled up again meanwhile
    expect(codes.indexOf('RATE_LIMITED')).toBeGreaterThanOrEqual(4)
    expect(codes.indexOf('RATE_LIMITED')).toBeLessThanOrEqual(7)

    const [ada, empty] = [await guest(server), 'short']
    const shortId = await makeRoom(ada)
    await send(ada, shortId, empty)
    const short = `{ node(id: "${shortId}") { ... on Room { ${bodies(1)} } } }`
    for (let tries = 0; tries < 20; tries++) expect(await codeOf(ada, short)).toBe('none')
  })

  test('for those who are not signed in by their address, over every transport', async ({ start }) => {
    const server = await start({ edge: { addressOperationsPerMinuteMax: 60 } })
    const schema = (mark: number) => `${getIntrospectionQuery()} #${mark}`
    const socket = await openInitialised(server)
    let answered = 0
    for (let tries = 0; tries < 40; tries++) {
      if (codesOf(await post(server, { query: schema(tries) }))[0] === 'RATE_LIMITED') break
      answered += 1
    }
    expect(answered).toBeGreaterThanOrEqual(8)
    expect(answered).toBeLessThan(16)
    socket.say({ id: '1', type: 'subscribe', payload: { query: schema(99) } })
    expect(await socket.next()).toMatchObject({ type: 'error', payload: [{ extensions: { code: 'RATE_LIMITED' } }] })
  })
})

describe('in production nothing is hinted at', () => {
  const nearly = [
    { query: '{ servr { name } }' },
    { query: '{ server { nam } }' },
    { query: '{ discoverRooms(frst: 1) { nodes { id } } }' },
    { query: '{ discoverRooms(filter: { acces: OPEN }) { nodes { id } } }' },
    { query: '{ discoverRooms(filter: { access: OPENN }) { nodes { id } } }' },
    { query: 'query ($a: DiscoverRoomsFiltr) { discoverRooms(filter: $a) { nodes { id } } }' },
    { query: '{ server @includ(if: true) { name } }' },
    { query: 'subscription { viewerEvent { at } }' },
    ...['query ($a: DiscoverRoomsFilter) { discoverRooms(filter: $a) { nodes { id } } }'].flatMap((query) => [
      { query, variables: { a: { acces: 'OPEN' } } },
      { query, variables: { a: { access: 'OPENN' } } },
    ]),
    {
      query: 'query ($a: RoomAccess) { discoverRooms(filter: { access: $a }) { nodes { id } } }',
      variables: { a: 'OPENN' },
    },
    {
      query: 'mutation ($a: SendMessageInput!) { sendMessage(input: $a) { message { id } } }',
      variables: { a: { roomID: '' } },
    },
    { query: 'subscription ($a: EventCursor) { viewerEvents(aftr: $a) { at } }' },
  ]
  const hintsOf = (answer: Answer<unknown>) => JSON.stringify(answer).match(/did you mean/gi) ?? []

  test.for(Object.entries(transports))('over %s', async ([, ask], { start, one }) => {
    const [open, closed] = [await guest(one), await guest(await start({ production: true }))]
    for (const operation of nearly) {
      const answer = await ask(closed, operation)
      expect(codesOf(answer).length, operation.query).toBeGreaterThan(0)
      expect(hintsOf(answer), operation.query).toEqual([])
    }
    // so that what is looked for is there where nobody hides it
    const hinted = await Promise.all(nearly.map(async (operation) => hintsOf(await ask(open, operation)).length > 0))
    expect(hinted.filter(Boolean).length).toBeGreaterThan(nearly.length - 3)
  })
})
