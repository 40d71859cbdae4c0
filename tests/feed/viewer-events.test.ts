import { expect } from 'vitest'
import { enter, freshName, type Grant, newUser, password } from '../support/accounts.ts'
import { Client, guest, join, makeRoom } from '../support/client.ts'
import { test } from '../support/members.ts'
import { openInitialised } from '../support/raw-socket.ts'

const viewerEvents = `subscription ($after: EventCursor) {
  viewerEvents(after: $after) {
    __typename
    cursor
    ... on RoomAdded { roomId membership { role room { name } } }
    ... on RoomRemoved { roomId }
    ... on SessionEnded { sessionId }
  }
}`

interface Events {
  viewerEvents: { __typename: string; cursor: string; roomId?: string }
}

test('a viewer is told of rooms that they come to and leave, on every server', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const bob = await guest(two, 'Bob')
  const stream = bob.follow<Events>(viewerEvents)
  expect(await stream.nextData()).toMatchObject({ viewerEvents: { __typename: 'Synced' } })

  const roomId = await makeRoom(ada, [], 'Added')
  await ada.call('mutation ($input: AddMembersInput!) { addMembers(input: $input) { room { id } } }', {
    input: { roomId, userIds: [bob.userId] },
  })
  expect(await stream.nextData()).toMatchObject({
    viewerEvents: { __typename: 'RoomAdded', roomId, membership: { role: 'MEMBER', room: { name: 'Added' } } },
  })
  await ada.call('mutation ($input: RemoveMemberInput!) { removeMember(input: $input) { room { id } } }', {
    input: { roomId, userId: bob.userId },
  })
  expect(await stream.nextData()).toMatchObject({ viewerEvents: { __typename: 'RoomRemoved', roomId } })
  await join(bob, roomId)
  expect(await stream.nextData()).toMatchObject({ viewerEvents: { __typename: 'RoomAdded', roomId } })
})

test('viewer.eventCursor and viewerEvents join without a gap', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  let making = true
  // a page has them all, and in each round some are still to come
  let allowed = 10
  let more = Promise.withResolvers<void>()
  const maker = (async () => {
    for (let index = 0; making; index++) {
      await makeRoom(ada, [], `Room ${index}`)
      while (making && index + 1 >= allowed) await more.promise
    }
  })()
  const allow = (count: number) => {
    allowed = count
    more.resolve()
    more = Promise.withResolvers()
  }
  for (let round = 0; round < 5; round++) {
    const { viewer } = await ada.at(two).call<{
      viewer: { eventCursor: string; memberships: { nodes: { room: { id: string } }[] } }
    }>('{ viewer { memberships(first: 100) { nodes { room { id } } } eventCursor } }')
    const known = new Set(viewer.memberships.nodes.map(({ room }) => room.id))
    allow(known.size + 15)
    const stream = ada.at(two).follow<Events>(viewerEvents, { after: viewer.eventCursor })
    let event = (await stream.nextData()).viewerEvents
    // what came between the cursor and the list is said again, and does no harm
    while (event.__typename !== 'RoomAdded' || known.has(event.roomId ?? ''))
      event = (await stream.nextData()).viewerEvents
    const all = new Set([...known, event.roomId])
    expect(all.size).toBe(known.size + 1)
    const { viewer: later } = await ada.at(two).call<{
      viewer: { memberships: { nodes: { room: { id: string; name: string } }[] } }
    }>('{ viewer { memberships(first: 100) { nodes { room { id name } } } } }')
    const number = (id: string | undefined) =>
      Number(later.memberships.nodes.find(({ room }) => room.id === id)?.room.name.slice(5))
    expect(number(event.roomId)).toBe(known.size)
    stream.stop()
  }
  making = false
  allow(0)
  await maker
})

test('a session is told that another one of the viewer has ended, and goes on', async ({ one, two }) => {
  const here = await enter(one, 'register', { username: freshName(), password })
  const there = await enter(two, 'signIn', { username: here.viewer.user.username, password })
  const client = ({ accessToken, refreshToken, viewer }: Grant) =>
    new Client(one, { token: accessToken, refreshToken, userId: viewer.user.id, name: viewer.user.displayName })
  const stream = client(here).follow<Events>(viewerEvents)
  expect(await stream.nextData()).toMatchObject({ viewerEvents: { __typename: 'Synced' } })
  await client(there).at(two).call('mutation { signOut { session { id } } }')
  expect(await stream.nextData()).toMatchObject({
    viewerEvents: { __typename: 'SessionEnded', sessionId: there.viewer.session.id },
  })
  const roomId = await makeRoom(client(here))
  expect(await stream.nextData()).toMatchObject({ viewerEvents: { __typename: 'RoomAdded', roomId } })
})

test('a session is told that the viewer has signed in elsewhere', async ({ one, two }) => {
  const here = await newUser(one)
  const client = new Client(one, { token: here.accessToken, refreshToken: '', userId: '', name: '' })
  const stream = client.follow(
    'subscription { viewerEvents { __typename ... on SessionStarted { sessionId session { id userAgent isCurrent } } } }',
  )
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
  const there = await enter(two, 'signIn', { username: here.viewer.user.username, password })
  const { id } = there.viewer.session
  expect(await stream.nextData()).toEqual({
    viewerEvents: {
      __typename: 'SessionStarted',
      sessionId: id,
      session: { id, userAgent: expect.any(String), isCurrent: false },
    },
  })
})

test('a stream of the viewer ends with its session', async ({ one, two }) => {
  const ada = await guest(one, 'Ada')
  const stream = ada.follow<Events>(viewerEvents)
  expect(await stream.nextData()).toMatchObject({ viewerEvents: { __typename: 'Synced' } })
  const socket = await openInitialised(one, ada.token)
  await ada.at(two).call('mutation { signOut { session { id } } }')
  await stream.closed()
  // the client above closes its socket itself when it hears of the end in the stream first
  expect(await socket.closed).toBe(4403)
})
