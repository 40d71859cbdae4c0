import { describe, expect } from 'vitest'
import { roomLimits } from '../../src/config/rooms.ts'
import { deleteExpired } from '../../src/messages/expiry/service.ts'
import { holdChore } from '../support/chores.ts'
import { type Client, guest, join, send } from '../support/client.ts'
import { test as base, make, uuidOf } from '../support/members.ts'
import { findMedia, upload } from '../support/uploads.ts'

/** Chores are done by the tests alone. */
const test = base.extend('chores', { scope: 'file', auto: true }, async ({ databaseUrl }, { onCleanup }) => {
  onCleanup(await holdChore(databaseUrl, 'expired messages'))
})

const replying = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id number } } }`
const reply = async (client: Client, roomId: string, replyToId: string) =>
  (
    await client.call<{ sendMessage: { message: { id: string } } }>(replying, {
      input: { roomId, body: 'reply', replyToId },
    })
  ).sendMessage.message
const pin = 'mutation ($id: ID!) { pinMessage(input: { messageId: $id }) { message { id } } }'
const react = 'mutation ($id: ID!) { addReaction(input: { messageId: $id, emoji: "👍" }) { message { id } } }'
const edit = 'mutation ($id: ID!) { editMessage(input: { messageId: $id, body: "secret 2" }) { message { id } } }'
const searching = 'query ($roomId: ID!) { searchMessages(query: "secret", roomId: $roomId) { nodes { id } } }'

/** Everything that can be read of a room and of one message of it, as one text. */
async function doors(client: Client, roomId: string, id: string): Promise<string> {
  const message = 'id number body isHidden deletedAt attachments { name } reactions { emoji } edits { body }'
  const query = `query ($roomId: ID!, $id: ID!) {
    room(id: $roomId) {
      messages(first: 50) { nodes { ${message} replyTo { body } replies { nodes { body } } } }
      backward: messages(last: 50) { nodes { ${message} } }
      around: messages(first: 50, around: 1) { nodes { ${message} } pageInfo { hasPreviousPage } }
      lastMessage { ${message} } message(number: 1) { ${message} } pinnedMessages { ${message} }
    }
    node(id: $id) { id ... on Message { ${message} } }
    viewer {
      memberships(first: 9) { nodes { room { id lastMessage { ${message} } } } }
      savedMessages(first: 9) { nodes { ${message} } }
    }
    searchMessages(query: "secret", roomId: $roomId) { nodes { ${message} } }
    everywhere: searchMessages(query: "secret") { nodes { ${message} } }
  }`
  return JSON.stringify(await client.call(query, { roomId, id }))
}

const save = 'mutation ($id: ID!) { saveMessage(input: { messageId: $id }) { message { id } } }'
const digest = async (client: Client, roomId: string) => {
  const query = 'query ($id: ID!) { room(id: $id) { digest(from: 1, to: 1, parts: [BODY, REACTIONS, PINS]) { hash } } }'
  return (await client.call<{ room: { digest: { hash: string } } }>(query, { id: roomId })).room.digest.hash
}

/** Sends a message with a file. Gives both ids. */
async function sendFile(client: Client, roomId: string): Promise<{ id: string; mediaId: string }> {
  const { id: mediaId } = await upload(client, Buffer.from('secret'), { name: 'secret.txt', mimeType: 'text/plain' })
  const input = { roomId, body: 'secret', attachmentIds: [mediaId] }
  const { sendMessage } = await client.call<{ sendMessage: { message: { id: string } } }>(replying, { input })
  return { id: sendMessage.message.id, mediaId }
}

const follow = (client: Client, roomId: string, after?: string) =>
  client.follow<{ roomEvents: { __typename: string; message?: { body: string; number: number } } }>(
    `subscription ($roomId: ID!, $after: EventCursor) { roomEvents(roomId: $roomId, after: $after) { __typename
      ... on MessageSent { message { number body replyTo { body } } } ... on MessageEdited { message { number body } }
      ... on ReactionsChanged { message { number body reactions { emoji } } } } }`,
    { roomId, after },
  )

describe('history SINCE_JOINED', () => {
  test('shows nothing from before to new members, whichever door they try, and all to the others', async ({
    one,
    two,
  }) => {
    const [ada, bob, eve] = [await guest(one), await guest(one), await guest(two)]
    const { id: roomId } = await make(ada, { history: 'SINCE_JOINED' })
    const { room } = await ada.call<{ room: { eventCursor: string } }>(
      'query ($id: ID!) { room(id: $id) { eventCursor } }',
      { id: roomId },
    )
    await join(bob, roomId)
    const { id, mediaId } = await sendFile(ada, roomId)
    await ada.call(pin, { id })
    await join(eve, roomId)
    expect(await findMedia(eve, mediaId)).toBeNull()
    expect(await findMedia(bob, mediaId)).toMatchObject({ id: mediaId })
    expect(await eve.fail(save, { id })).toBe('NOT_FOUND')
    expect(await digest(eve, roomId)).not.toBe(await digest(bob, roomId))
    expect(await doors(eve, roomId, id)).not.toContain('secret')
    expect(await doors(bob, roomId, id)).toContain('secret')
    for (const mutation of [react, pin]) expect(await eve.fail(mutation, { id })).toBe('NOT_FOUND')
    expect(await eve.fail(replying, { input: { roomId, body: 'x', replyToId: id } })).toBe('BAD_USER_INPUT')
    // what comes after is theirs, without what it answers
    const answer = await reply(bob, roomId, id)
    expect(await doors(eve, roomId, answer.id)).not.toContain('secret')
    expect(await doors(eve, roomId, answer.id)).toContain('reply')
    const history =
      'query ($id: ID!) { room(id: $id) { viewerMembership { historyFrom } messages(first: 9) { nodes { number } } } }'
    expect(await eve.call(history, { id: roomId })).toEqual({
      room: { viewerMembership: { historyFrom: 2 }, messages: { nodes: [{ number: 2 }] } },
    })
    // neither a cursor from before nor a change of an old message leads there
    for (const server of [one, two]) {
      const streams = [
        follow(eve.at(server), roomId, room.eventCursor),
        follow(bob.at(server), roomId, room.eventCursor),
      ]
      await ada.call(edit, { id })
      await bob.call(react, { id })
      await send(ada, roomId, 'fence')
      const told = await Promise.all(
        streams.map(async (stream) => {
          for (;;) {
            const { roomEvents } = await stream.nextData()
            if (roomEvents.message?.body === 'fence') return JSON.stringify(stream.arrived)
          }
        }),
      )
      expect(told[0]).not.toContain('secret')
      expect(told[1]).toContain('secret')
    }
  })

  test('holds for those who come after the change, and for those who come back', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const { id: roomId } = await make(ada, {})
    const { id } = await send(ada, roomId, 'secret')
    await join(bob, roomId)
    const change =
      'mutation ($roomId: ID!) { updateRoom(input: { roomId: $roomId, history: SINCE_JOINED }) { room { history } } }'
    expect(await bob.fail(change, { roomId })).toBe('FORBIDDEN')
    await ada.call(change, { roomId })
    expect(await doors(bob, roomId, id)).toContain('secret')
    await bob.call('mutation ($roomId: ID!) { leaveRoom(input: { roomId: $roomId }) { roomId } }', { roomId })
    await join(bob, roomId)
    expect(await doors(bob, roomId, id)).not.toContain('secret')
  })
})

describe('messageSeconds', () => {
  test('messages end by themselves: they are shown as deleted at once, and deleted by a chore', async ({ one, db }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const { id: roomId } = await make(ada, { messageSeconds: 60 })
    await join(bob, roomId)
    const { id, mediaId } = await sendFile(ada, roomId)
    await ada.call(pin, { id })
    await ada.call(react, { id })
    await bob.call(save, { id })
    const before = await digest(bob, roomId)
    const { id: later } = await send(ada, roomId, 'fence')
    expect(await doors(bob, roomId, id)).toContain('secret')
    const row = await db.message.findUniqueOrThrow({ where: { id: uuidOf(id) } })
    expect(row.expiresAt?.getTime()).toBe(row.createdAt.getTime() + 60_000)
    await db.message.update({ where: { id: uuidOf(id) }, data: { expiresAt: new Date(Date.now() - 1_000) } })
    const seen = await doors(bob, roomId, id)
    expect(seen).not.toContain('secret')
    expect(seen).not.toContain('👍')
    expect(seen).toContain('fence')
    expect(await findMedia(bob, mediaId)).toBeNull()
    const expired = await digest(bob, roomId)
    expect(expired).not.toBe(before)
    expect(await ada.fail(edit, { id })).toBe('CONFLICT')
    const stream = follow(bob, roomId)
    expect(await stream.nextData()).toMatchObject({ roomEvents: { __typename: 'Synced' } })
    expect(await deleteExpired(one.parts)).toBe(1)
    expect(await findMedia(bob, mediaId)).toBeNull()
    expect(await stream.nextData()).toMatchObject({ roomEvents: { __typename: 'MessageDeleted' } })
    expect(await db.message.findUniqueOrThrow({ where: { id: uuidOf(id) } })).toMatchObject({
      body: null,
      deletedBy: null,
    })
    expect(await db.message.findUniqueOrThrow({ where: { id: uuidOf(later) } })).toMatchObject({ deletedAt: null })
    expect(await bob.call('{ viewer { unreadCount } }')).toEqual({ viewer: { unreadCount: 1 } })
    expect(await bob.call(searching, { roomId })).toEqual({ searchMessages: { nodes: [] } })
  })

  test('hold for messages that are sent after the change, within bounds', async ({ one, db }) => {
    const ada = await guest(one)
    const { id: roomId } = await make(ada, {})
    const { id } = await send(ada, roomId, 'before')
    const change =
      'mutation ($roomId: ID!, $s: Int) { updateRoom(input: { roomId: $roomId, messageSeconds: $s }) { room { messageSeconds } } }'
    for (const s of [roomLimits.messageSecondsMin - 1, roomLimits.messageSecondsMax + 1]) {
      expect(await ada.fail(change, { roomId, s })).toBe('BAD_USER_INPUT')
    }
    await ada.call(change, { roomId, s: roomLimits.messageSecondsMin })
    expect(await db.message.findUniqueOrThrow({ where: { id: uuidOf(id) } })).toMatchObject({ expiresAt: null })
    expect(await ada.call(change, { roomId, s: null })).toEqual({ updateRoom: { room: { messageSeconds: null } } })
    const { id: after } = await send(ada, roomId, 'after')
    expect(await db.message.findUniqueOrThrow({ where: { id: uuidOf(after) } })).toMatchObject({ expiresAt: null })
  })
})
