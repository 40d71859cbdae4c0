// Checks that one server takes what the other gave: tokens, cursors, files, and every kind of change.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { createUser, type User } from './user.ts'

/** A server. */
interface Place {
  readonly name: string
  readonly url: string
}

/** Two servers, and two users in a room. */
interface Stage {
  readonly from: Place
  readonly to: Place
  readonly ada: User
  readonly bob: User
  readonly roomId: string
}

const revokedMsMax = 15_000

/** Finds what `to` does not take of what `from` gave. */
export async function crossOver(from: Place, to: Place): Promise<string[]> {
  const faults: string[] = []
  const note = (what: string, error: unknown) =>
    faults.push(`${what}, from ${from.name} to ${to.name}: ${String(error)}`)
  const users: User[] = []
  try {
    const stage = await openStage(from, to, users)
    for (const [what, crossing] of Object.entries(crossings)) {
      await crossing(stage).catch((error: unknown) => note(what, error))
    }
  } catch (error) {
    note('two users in a room', error)
  } finally {
    await Promise.all(users.map((user) => user.close()))
  }
  return faults
}

/** Puts a user of each server into a room. */
async function openStage(from: Place, to: Place, users: User[]): Promise<Stage> {
  const ada = await createUser(from.url)
  const bob = await createUser(to.url)
  users.push(ada, bob)
  const { createRoom } = await ada.call<{ createRoom: { room: { id: string } } }>(
    from.url,
    'mutation { createRoom(input: { name: "Crossing", access: OPEN }) { room { id } } }',
  )
  const roomId = createRoom.room.id
  await bob.call(to.url, 'mutation ($roomId: ID!) { joinRoom(input: { roomId: $roomId }) { room { id } } }', { roomId })
  return { from, to, ada, bob, roomId }
}

const crossings: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  async 'an account and its password'({ to, ada }) {
    const { signIn } = await ada.call<{ signIn: { viewer: { user: { id: string } } } }>(
      to.url,
      `mutation ($username: String!, $password: String!) {
        signIn(input: { username: $username, password: $password }) { viewer { user { id } } }
      }`,
      { username: ada.username, password: ada.password },
    )
    assert.equal(signIn.viewer.user.id, ada.userId)
  },

  async 'a session: its tokens, their renewal, and its end'({ from, to }) {
    const user = await createUser(from.url)
    const isSignedIn = async ({ url }: Place) => !(await user.attempt(url, '{ viewer { user { id } } }')).errors
    assert.ok(await isSignedIn(to))
    await user.refresh(to.url)
    assert.ok(await isSignedIn(from))
    await user.call(from.url, 'mutation { signOut { session { id } } }')
    for (const end = Date.now() + revokedMsMax; await isSignedIn(to); await wait(100)) {
      assert.ok(Date.now() < end, 'the session has ended, and goes on')
    }
    await user.close()
  },

  async 'a stream: each change once and in order, and its cursor'({ from, to, ada, bob, roomId }) {
    const first = await follow({ bob, at: from, roomId, after: await cursorOf(bob, from, roomId) })
    const message = await send({ ada, at: to, roomId, body: 'one' })
    const cursor = (await first.until('MessageSent')).cursor
    await changeAll({ ada, bob, roomId, message, from, to })
    await send({ ada, at: to, roomId, body: 'two' })
    const seen = await first.untilBody('two')
    // the same again, by the other server and after its cursor
    const second = await follow({ bob, at: to, roomId, after: cursor })
    assert.deepEqual(await second.untilBody('two'), seen)
    const kinds = new Set(seen.map(({ __typename }) => __typename))
    const wanted = ['ReactionsChanged', 'MessageEdited', 'MessagePinned', 'MessageDeleted', 'MessageSent']
    for (const kind of wanted) assert.ok(kinds.has(kind), `${kind} is not among ${[...kinds].join(', ')}`)
  },

  async 'a file'({ from, to, ada, bob, roomId }) {
    const bytes = Buffer.from(`of no type: ${randomUUID()}`)
    const mediaId = await ada.upload(from.url, bytes)
    await ada.call(from.url, sendMessage, { input: { roomId, body: 'file', attachmentIds: [mediaId] } })
    const { node } = await bob.call<{ node: { url: string } }>(
      to.url,
      'query ($id: ID!) { node(id: $id) { ... on Media { url } } }',
      { id: mediaId },
    )
    const { pathname, search } = new URL(node.url, to.url)
    for (const { url } of [to, from]) {
      const response = await fetch(`${url}${pathname}${search}`)
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes)
    }
  },

  async 'the state of a room: its digest, members and unread counts'({ from, to, bob, roomId }) {
    const query = `query ($id: ID!) { room(id: $id) {
      digest(from: 1, to: 50) { hash eventCursor }
      members(first: 10) { nodes { user { id displayName } role } }
      messages(last: 50) { nodes { id number body deletedAt editedAt reactions { emoji count } } }
      viewerMembership { unreadCount lastReadNumber }
    } }`
    const state = await bob.call<RoomState>(to.url, query, { id: roomId })
    assert.deepEqual(state, await bob.call(from.url, query, { id: roomId }))
    assert.ok(state.room.viewerMembership.lastReadNumber > 0, 'the read marker has not moved')
  },
}

const sendMessage = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id number } } }'

interface RoomState {
  readonly room: { readonly viewerMembership: { readonly lastReadNumber: number } }
}

interface Sent {
  readonly id: string
  readonly number: number
}

async function send({ ada, at, roomId, body }: { ada: User; at: Place; roomId: string; body: string }): Promise<Sent> {
  const input = { roomId, body, nonce: randomUUID() }
  const sent = await ada.call<{ sendMessage: { message: Sent } }>(at.url, sendMessage, { input })
  // the same again, at both: one message
  const again = await ada.call<{ sendMessage: { message: Sent } }>(at.url, sendMessage, { input })
  assert.deepEqual(again, sent)
  return sent.sendMessage.message
}

/** Changes a message in every way, by turns at both servers. */
async function changeAll({ from, to, ada, bob, roomId, message }: Stage & { message: Sent }): Promise<void> {
  const ids = { messageId: message.id }
  const on = (name: string, input: string) =>
    `mutation ($messageId: ID!) { ${name}(input: { messageId: $messageId${input} }) { message { id } } }`
  await bob.call(to.url, on('addReaction', ', emoji: "👍"'), ids)
  await ada.call(from.url, on('editMessage', ', body: "edited"'), ids)
  await ada.call(to.url, on('pinMessage', ''), ids)
  await bob.call(
    from.url,
    'mutation ($roomId: ID!, $number: Int!) { markRead(input: { roomId: $roomId, number: $number }) { room { id } } }',
    { roomId, number: message.number },
  )
  await ada.call(to.url, on('deleteMessage', ''), ids)
}

async function cursorOf(user: User, { url }: Place, roomId: string): Promise<string> {
  const { room } = await user.call<{ room: { eventCursor: string } }>(
    url,
    'query ($id: ID!) { room(id: $id) { eventCursor } }',
    { id: roomId },
  )
  return room.eventCursor
}

interface RoomEvent {
  readonly __typename: string
  readonly cursor: string
  readonly message?: { readonly id: string; readonly body: string }
}

const followRoom = `subscription ($roomId: ID!, $after: EventCursor!) {
  roomEvents(roomId: $roomId, after: $after) {
    __typename cursor
    ... on MessageSent { message { id body } }
  }
}`

/** Follows a room at a server. */
async function follow({ bob, at, roomId, after }: { bob: User; at: Place; roomId: string; after: string }) {
  const events = bob.follow<{ roomEvents: RoomEvent }>(at.url, followRoom, { roomId, after })
  const next = async () => (await events.next()).roomEvents
  return {
    async until(kind: string): Promise<RoomEvent> {
      for (;;) {
        const event = await next()
        if (event.__typename === kind) return event
      }
    },
    /** Everything up to the message that says so, without hints and signs of life. */
    async untilBody(body: string): Promise<RoomEvent[]> {
      const seen: RoomEvent[] = []
      for (;;) {
        const event = await next()
        if (!hints.has(event.__typename)) seen.push(event)
        if (event.message?.body === body) return seen
      }
    },
  }
}

const hints = new Set(['Synced', 'TypingChanged', 'PresenceChanged', 'ReceiptAdvanced'])
