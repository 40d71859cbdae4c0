import { describe, expect } from 'vitest'
import { erasingLimits } from '../../src/config/messages.ts'
import { newUser } from '../support/accounts.ts'
import { Client, guest, join, makeRoom, send } from '../support/client.ts'
import { leaveRoom, test, uuidOf } from '../support/members.ts'

const remove =
  'mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id number deletedAt deletedBy body edits { body } } } }'
const editing =
  'mutation ($id: ID!, $body: String!) { editMessage(input: { messageId: $id, body: $body }) { message { id } } }'
const erase = 'mutation ($roomId: ID!) { deleteMyMessages(input: { roomId: $roomId }) { count hasMore } }'
const banning = `mutation ($roomId: ID!, $userId: ID!, $hours: Int) {
  banMember(input: { roomId: $roomId, userId: $userId, deleteMessagesOfHours: $hours }) { ban { user { id } } }
}`

const livingOf = async (client: Client, roomId: string) => {
  const query = 'query ($id: ID!) { room(id: $id) { messages(first: 50) { nodes { body deletedBy } } } }'
  type History = { room: { messages: { nodes: { body: string; deletedBy: string | null }[] } } }
  const { room } = await client.call<History>(query, { id: roomId })
  return room.messages.nodes.map(({ body, deletedBy }) => deletedBy ?? body)
}

test('a deleted message leaves its number and nothing of what it said', async ({ one }) => {
  const [ada, bob, cyd] = [await guest(one), await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
  const { id: messageId, cursor } = await send(bob, roomId, 'a secret')
  await bob.call(editing, { id: messageId, body: 'a secret, edited' })
  expect(await cyd.fail(remove, { id: messageId })).toBe('FORBIDDEN')
  const { deleteMessage } = await ada.call<{ deleteMessage: { message: unknown } }>(remove, {
    id: messageId,
  })
  expect(deleteMessage.message).toMatchObject({ number: 1, body: '', deletedAt: expect.any(String), edits: [] })
  expect(await bob.fail(editing, { id: messageId, body: 'again' })).toBe('CONFLICT')

  // the events of before tell of the tombstone only
  const replay = cyd.follow<{ roomEvents: { __typename: string; message?: { body: string } } }>(
    `subscription ($roomId: ID!, $after: EventCursor) {
      roomEvents(roomId: $roomId, after: $after) {
        __typename ... on MessageEdited { message { body } } ... on MessageDeleted { message { body } }
      }
    }`,
    { roomId, after: cursor },
  )
  expect((await replay.nextData()).roomEvents).toEqual({ __typename: 'MessageEdited', message: { body: '' } })
  expect((await replay.nextData()).roomEvents).toEqual({ __typename: 'MessageDeleted', message: { body: '' } })
  expect((await replay.nextData()).roomEvents).toEqual({ __typename: 'Synced' })
})

describe('out of a room', () => {
  for (const [who, goes] of Object.entries({
    'a user who left a room': ({ bob, roomId }: { ada: Client; bob: Client; roomId: string }) =>
      bob.call(leaveRoom, { roomId }),
    'a user who is banned from a room': ({ ada, bob, roomId }: { ada: Client; bob: Client; roomId: string }) =>
      ada.call(banning, { roomId, userId: bob.userId }),
  })) {
    test(`${who} deletes own messages, and sees nothing of the room by that`, async ({ one }) => {
      const [ada, bob] = [await guest(one), await guest(one)]
      const roomId = await makeRoom(ada, [bob])
      const [mine, hers] = [await send(bob, roomId, 'mine'), await send(ada, roomId, 'hers')]
      await goes({ ada, bob, roomId })
      expect(await bob.call(remove, { id: mine.id })).toMatchObject({
        deleteMessage: { message: { id: mine.id, body: '', deletedBy: 'AUTHOR' } },
      })
      expect(await bob.fail(remove, { id: hers.id })).toBe('NOT_FOUND')
      for (const more of [
        'room { name }',
        'replies { nodes { body } }',
        'receipts { nodes { status } }',
        'status',
        'cursor',
      ]) {
        const query = `mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id ${more} } } }`
        expect(await bob.fail(query, { id: mine.id })).toBe('NOT_FOUND')
      }
      expect(await livingOf(ada, roomId)).toEqual(['AUTHOR', 'hers'])
    })
  }

  test('deletes all of them at once, there and nowhere else', async ({ one }) => {
    const [ada, bob] = [await guest(one), await guest(one)]
    const [roomId, other] = [await makeRoom(ada, [bob]), await makeRoom(ada, [bob])]
    for (const body of ['one', 'two']) await send(bob, roomId, body)
    await send(ada, roomId, 'three')
    await send(bob, other, 'four')
    await bob.call(leaveRoom, { roomId })
    expect(await bob.call(erase, { roomId })).toEqual({ deleteMyMessages: { count: 2, hasMore: false } })
    expect(await bob.call(erase, { roomId })).toEqual({ deleteMyMessages: { count: 0, hasMore: false } })
    expect(await livingOf(ada, roomId)).toEqual(['AUTHOR', 'AUTHOR', 'three'])
    expect(await livingOf(ada, other)).toEqual(['four'])
  })
})

test('more than fit into one call are deleted by the next', async ({ one, db }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const [id, userId, count] = [uuidOf(roomId), uuidOf(ada.userId), erasingLimits.messagesMax + 1]
  await db.$executeRaw`update topics set last_number = ${count}::integer where id = ${id}::uuid`
  await db.$executeRaw`
    insert into messages (id, room_id, number, seq, author_id, kind, body)
    select gen_random_uuid(), ${id}::uuid, number, number, ${userId}::uuid, 'TEXT', 'hello'
    from generate_series(1, ${count}::integer) as number`
  expect(await ada.call(erase, { roomId })).toEqual({ deleteMyMessages: { count: count - 1, hasMore: true } })
  expect(await ada.call(erase, { roomId })).toEqual({ deleteMyMessages: { count: 1, hasMore: false } })
})

test('a ban deletes the messages of the last hours, when asked to, and no older ones', async ({ one, db }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const { id } = await send(bob, roomId, 'old')
  await db.message.update({ where: { id: uuidOf(id) }, data: { createdAt: new Date(Date.now() - 3 * 3_600_000) } })
  await send(bob, roomId, 'new')
  await send(ada, roomId, 'of another')
  const variables = { roomId, userId: bob.userId }
  for (const hours of [0, -1, erasingLimits.purgeHoursMax + 1]) {
    expect(await ada.fail(banning, { ...variables, hours })).toBe('BAD_USER_INPUT')
  }
  expect(await livingOf(ada, roomId)).toEqual(['old', 'new', 'of another'])
  await ada.call(banning, { ...variables, hours: 2 })
  expect(await livingOf(ada, roomId)).toEqual(['old', 'MODERATOR', 'of another'])
  const eve = await guest(one)
  await join(eve, roomId)
  expect(await eve.fail(banning, { roomId, userId: ada.userId, hours: 2 })).toBe('FORBIDDEN')
})

test('who deletes the account deletes its messages too, if they wish', async ({ one }) => {
  for (const eraseMessages of [true, false]) {
    const { accessToken: token, refreshToken, viewer } = await newUser(one)
    const ada = new Client(one, { token, refreshToken, userId: viewer.user.id, name: '' })
    const bob = await guest(one)
    const roomId = await makeRoom(bob, [ada])
    await send(ada, roomId, 'hello')
    const { password } = await import('../support/accounts.ts')
    const query = `mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { user { id } } }`
    await ada.call(query, { input: { password, eraseMessages } })
    expect(await livingOf(bob, roomId)).toEqual([eraseMessages ? 'AUTHOR' : 'hello'])
  }
})
