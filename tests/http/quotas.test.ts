import { describe, expect } from 'vitest'
import { type Answer, type Client, guest, join, makeRoom, post, send } from '../support/client.ts'
import { addMembers, joinRoom, openDirect } from '../support/members.ts'
import { openInitialised, type RawSocket } from '../support/raw-socket.ts'
import { test } from '../support/server.ts'
import { followEvents } from '../support/sse.ts'

const typename = '{ __typename }'

const codeOf = ({ errors }: Answer<unknown>) => errors?.[0]?.extensions.code ?? 'none'

const refused = { extensions: { code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) } }

/** A query with so many fields at its root. */
const wide = (width: number) => `{ ${Array.from({ length: width }, (_, index) => `a${index}: __typename`).join(' ')} }`

async function overSocket(socket: RawSocket, id: string, query = typename) {
  socket.say({ id, type: 'subscribe', payload: { query } })
  const answer = await socket.next()
  if (answer.type === 'next') expect(await socket.next()).toEqual({ id, type: 'complete' })
  return answer
}

describe('what a user asks in a minute', () => {
  test('is counted over HTTP, Server-Sent Events and WebSocket together, and holds nobody else up', async ({
    start,
  }) => {
    const server = await start({ edge: { operationsPerMinuteMax: 4 } })
    const [ada, bob] = [await guest(server), await guest(server)]
    const first = await openInitialised(server, ada.token)
    const second = await openInitialised(server, ada.token)
    expect(codeOf(await ada.attempt(typename))).toBe('none')
    expect(await (await followEvents(ada, typename)).next()).toMatchObject({ data: { data: {} } })
    expect(await overSocket(first, '1')).toMatchObject({ id: '1', type: 'next' })
    expect(await overSocket(second, '1')).toMatchObject({ id: '1', type: 'next' })
    const { errors } = await ada.attempt(typename)
    expect(errors).toEqual([expect.objectContaining(refused)])
    expect(errors?.[0]?.extensions.retryAfterMs).toBeGreaterThan(0)
    expect(errors?.[0]?.extensions.retryAfterMs).toBeLessThanOrEqual(15_000)
    expect(await (await followEvents(ada, typename)).next()).toMatchObject({ data: { errors: [refused] } })
    expect(await overSocket(first, '2')).toMatchObject({ id: '2', type: 'error', payload: [refused] })
    // the socket stays
    first.say({ type: 'ping' })
    expect(await first.next()).toEqual({ type: 'pong' })
    expect(codeOf(await bob.attempt(typename))).toBe('none')
    expect(codeOf(await post(server, { query: typename }))).toBe('none')
  })

  test('counts an operation once for each field at its root, and for a thousand that it can ask for', async ({
    start,
  }) => {
    const server = await start({ edge: { operationsPerMinuteMax: 25 } })
    const [ada, bob] = [await guest(server), await guest(server)]
    expect(codeOf(await ada.attempt(wide(20)))).toBe('none')
    expect(codeOf(await ada.attempt(wide(20)))).toBe('RATE_LIMITED')
    expect(codeOf(await ada.attempt(typename))).toBe('none')
    const page =
      '{ viewer { memberships(first: 100) { nodes { room { messages(last: 90) { nodes { id body } } } } } } }'
    expect(codeOf(await bob.attempt(page))).toBe('none')
    expect(codeOf(await bob.attempt(page))).toBe('RATE_LIMITED')
  })

  test('counts a document that is not valid too', async ({ start }) => {
    const ada = await guest(await start({ edge: { operationsPerMinuteMax: 4 } }))
    const codes: unknown[] = []
    for (let tries = 0; tries < 4; tries++) codes.push(codeOf(await ada.attempt('{ nothing }')))
    expect(codes).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'RATE_LIMITED', 'RATE_LIMITED'])
  })

  test('fills up again evenly', async ({ start }) => {
    const ada = await guest(await start({ edge: { operationsPerMinuteMax: 60 } }))
    for (let count = 0; count < 3; count++) await ada.attempt(wide(20))
    await expect.poll(async () => codeOf(await ada.attempt(wide(1)))).toBe('none')
  })

  test('is counted by address for those who are not signed in, and leaves those who are', async ({ start }) => {
    const server = await start({ edge: { addressOperationsPerMinuteMax: 3, operationsPerMinuteMax: 3 } })
    const ada = await guest(server)
    const socket = await openInitialised(server)
    expect(codeOf(await post(server, { query: typename }))).toBe('none')
    expect(await overSocket(socket, '1')).toMatchObject({ type: 'next' })
    expect(codeOf(await post(server, { query: typename }))).toBe('RATE_LIMITED')
    expect(codeOf(await post(server, { query: typename, token: 'no token' }))).toBe('RATE_LIMITED')
    expect(await overSocket(socket, '2')).toMatchObject({ type: 'error', payload: [refused] })
    expect(codeOf(await ada.attempt(typename))).toBe('none')
  })
})

const once = { points: 1, seconds: 60 }
const createRoom = 'mutation { createRoom(input: { name: "Lobby", access: OPEN }) { room { id } } }'
const createInvite = 'mutation ($id: ID!) { createInvite(input: { roomId: $id }) { invite { id } } }'
const sendFriendRequest = 'mutation ($id: ID!) { sendFriendRequest(input: { userId: $id }) { user { id } } }'
const reportMessage =
  'mutation ($id: ID!) { reportMessage(input: { messageId: $id, reason: "spam" }) { report { id } } }'
const createUpload =
  'mutation { createUpload(input: { name: "a.txt", mimeType: "text/plain", bytes: 3 }) { media { id } } }'
const searchMessages = '{ searchMessages(query: "tea") { nodes { id } } }'
const updateProfile = 'mutation { updateProfile(input: { bio: "tea" }) { viewer { email } } }'
const openDirectRoom = 'mutation ($id: ID!) { openDirectRoom(input: { userId: $id }) { room { id } } }'

/** Actions that one user does twice, each time on another target. */
const creations: Record<string, (ada: Client, bob: Client) => Promise<[query: string, variables: object]>> = {
  createRoom: async () => [createRoom, {}],
  openDirectRoom: async (_, { userId }) => [openDirectRoom, { id: userId }],
  joinRoom: async (_, bob) => [joinRoom, { input: { roomId: await makeRoom(bob) } }],
  addMembers: async (ada, { userId }) => [addMembers, { roomId: await makeRoom(ada), userIds: [userId] }],
  createInvite: async (ada) => [createInvite, { id: await makeRoom(ada) }],
  sendFriendRequest: async (_, { userId }) => [sendFriendRequest, { id: userId }],
  async reportMessage(ada, bob) {
    const roomId = await makeRoom(bob)
    await join(ada, roomId)
    return [reportMessage, { id: (await send(bob, roomId, 'buy this')).id }]
  },
  createUpload: async () => [createUpload, {}],
  searchMessages: async () => [searchMessages, {}],
  updateProfile: async () => [updateProfile, {}],
}

describe('what a user makes', () => {
  const counting = {
    rates: {
      roomsOfUser: once,
      joinsOfUser: once,
      additionsOfUser: once,
      invitesOfUser: once,
      friendRequestsOfUser: once,
      reportsOfUser: once,
      uploadsOfUser: once,
      searchesOfUser: once,
      profilesOfUser: once,
    },
  }

  test.for(Object.entries(creations))(
    'with %s is counted over all servers, and holds nobody else up',
    async ([, prepare], { one, start }) => {
      const servers = [await start(counting), await start(counting)] as const
      const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
      const [first, second] = [await prepare(ada, bob), await prepare(ada, eve)]
      const byBob = await prepare(bob, eve)
      const run = (client: Client, index: 0 | 1, [query, variables]: typeof first) =>
        client.at(servers[index]).attempt(query, { ...variables })
      expect(codeOf(await run(ada, 0, first))).toBe('none')
      const { errors } = await run(ada, 1, second)
      expect(errors).toEqual([expect.objectContaining(refused)])
      expect(codeOf(await run(bob, 1, byBob))).toBe('none')
    },
  )

  test('does not count the direct room that is there already', async ({ one, start }) => {
    const server = await start(counting)
    const [ada, bob] = [await guest(one), await guest(one)]
    const roomId = await openDirect(ada.at(server), bob)
    expect(await ada.at(server).fail(createRoom)).toBe('RATE_LIMITED')
    expect(await openDirect(ada.at(server), bob)).toBe(roomId)
  })
})
