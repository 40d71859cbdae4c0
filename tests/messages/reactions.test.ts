import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { eventsOf, guests, keyOf, openDirect, test, uuidOf } from '../support/members.ts'
import { statementsOf } from '../support/statements.ts'

const groupFields = 'reactions { emoji count viewerHasReacted users(first: 10) { nodes { id } } }'
const addReaction = `mutation ($messageId: ID!, $emoji: String!) {
  addReaction(input: { messageId: $messageId, emoji: $emoji }) { message { ${groupFields} } }
}`
const removeReaction = addReaction.replace('addReaction', 'removeReaction')

interface Group {
  emoji: string
  count: number
  viewerHasReacted: boolean
  users: { nodes: { id: string }[] }
}

async function react(client: Client, messageId: string, emoji: string): Promise<Group[]> {
  const data = await client.call<{ addReaction: { message: { reactions: Group[] } } }>(addReaction, {
    messageId,
    emoji,
  })
  return data.addReaction.message.reactions
}

async function unreact(client: Client, messageId: string, emoji: string): Promise<Group[]> {
  const data = await client.call<{ removeReaction: { message: { reactions: Group[] } } }>(removeReaction, {
    messageId,
    emoji,
  })
  return data.removeReaction.message.reactions
}

const shortly = (groups: readonly Group[]) => groups.map(({ emoji, count }) => `${emoji} ${count}`)

test('reactions are grouped by emoji in order of first use, and say who reacted', async ({ one, two }) => {
  const [ada, bob] = [await guest(one), await guest(two)]
  const { id } = await send(ada, await makeRoom(ada, [bob]), 'hello')
  await react(ada, id, '🎉')
  await react(bob, id, '👍')
  expect(await react(bob, id, '🎉')).toEqual([
    { emoji: '🎉', count: 2, viewerHasReacted: true, users: { nodes: [{ id: ada.userId }, { id: bob.userId }] } },
    { emoji: '👍', count: 1, viewerHasReacted: true, users: { nodes: [{ id: bob.userId }] } },
  ])
  expect(await unreact(ada, id, '🎉')).toEqual([
    { emoji: '👍', count: 1, viewerHasReacted: false, users: { nodes: [{ id: bob.userId }] } },
    { emoji: '🎉', count: 1, viewerHasReacted: false, users: { nodes: [{ id: bob.userId }] } },
  ])
})

test('a reaction is exactly one emoji, whatever a keyboard makes of it', async ({ one }) => {
  const ada = await guest(one)
  const { id } = await send(ada, await makeRoom(ada), 'hello')
  // a hand with a skin tone, a flag, a flag of a part of a country, a family, a keycap, a profession, a rainbow flag
  for (const emoji of ['👍🏽', '🇮🇩', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👨‍👩‍👧‍👦', '#️⃣', '🧑🏿‍🚀', '🏳️‍🌈', '👁️‍🗨️', '☝🏽']) {
    expect((await react(ada, id, emoji)).at(-1)?.emoji, emoji).toBe(emoji)
    // without U+FE0F it is the same
    expect(shortly(await react(ada, id, emoji.replaceAll('\uFE0F', ''))).at(-1), emoji).toBe(`${emoji} 1`)
    expect(shortly(await unreact(ada, id, emoji.replaceAll('\uFE0F', ''))), emoji).toEqual([])
  }
  expect(shortly(await react(ada, id, '❤'))).toEqual(['❤️ 1'])
  for (const text of [
    '',
    ' ',
    'a',
    '1',
    '#',
    '👍👍',
    '👍 ',
    'ok',
    '🇮',
    '\uFE0F',
    '❤\uFE0E',
    '👍\u200D',
    '\0',
    '\ud83d',
  ]) {
    expect(await ada.fail(addReaction, { messageId: id, emoji: text }), JSON.stringify(text)).toBe('BAD_USER_INPUT')
  }
  expect(await ada.fail(addReaction, { messageId: id, emoji: '👍'.repeat(10_000) })).toBe('BAD_USER_INPUT')
  expect(await ada.fail(removeReaction, { messageId: id, emoji: 'x' })).toBe('BAD_USER_INPUT')
})

test('reactions are events, and one that changes nothing is none', async ({ one, two, db }) => {
  const [ada, bob] = [await guest(one), await guest(two)]
  const roomId = await makeRoom(ada, [bob])
  const stream = bob.follow(
    `subscription ($roomId: ID!) {
      roomEvents(roomId: $roomId) {
        __typename ... on ReactionsChanged { message { number reactions { emoji count viewerHasReacted } } }
      }
    }`,
    { roomId },
  )
  expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'Synced' } })
  const { id } = await send(ada, roomId, 'hello')
  expect(await stream.nextData()).toEqual({ roomEvents: { __typename: 'MessageSent' } })
  await react(ada, id, '👍')
  await react(ada, id, '👍')
  const group = { emoji: '👍', count: 1, viewerHasReacted: false }
  expect(await stream.nextData()).toEqual({
    roomEvents: { __typename: 'ReactionsChanged', message: { number: 1, reactions: [group] } },
  })
  await unreact(bob, id, '👍')
  await unreact(ada, id, '👍')
  expect(await stream.nextData()).toEqual({
    roomEvents: { __typename: 'ReactionsChanged', message: { number: 1, reactions: [] } },
  })
  expect((await eventsOf(db, roomId)).slice(-3)).toEqual([
    `MESSAGE_SENT ${uuidOf(id)}`,
    `REACTIONS_CHANGED ${uuidOf(id)}`,
    `REACTIONS_CHANGED ${uuidOf(id)}`,
  ])
})

test('a message takes so many different emojis and no more', async ({ one, db }) => {
  const [ada, bob] = [await guest(one), await guest(one)]
  const { id } = await send(ada, await makeRoom(ada, [bob]), 'hello')
  const emojis = Array.from({ length: limits.reactionKindsMax }, (_, index) => String.fromCodePoint(0x1f400 + index))
  await db.reaction.createMany({
    data: emojis.slice(1).map((emoji) => ({ messageId: uuidOf(id), userId: uuidOf(ada.userId), emoji })),
  })
  expect(await react(bob, id, emojis[0] ?? '')).toHaveLength(limits.reactionKindsMax)
  expect(await bob.fail(addReaction, { messageId: id, emoji: '🎉' })).toBe('CONFLICT')
  // what is there already takes more
  expect(await react(bob, id, emojis[1] ?? '')).toHaveLength(limits.reactionKindsMax)
})

test('who may not send may not react, and what may not be seen does not exist', async ({ one, db }) => {
  const [ada, bob, eve] = [await guest(one), await guest(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const { id } = await send(ada, roomId, 'hello')
  const variables = { messageId: id, emoji: '👍' }
  const [foreign, unknown] = await Promise.all([
    eve.attempt(addReaction, variables),
    eve.attempt(addReaction, { ...variables, messageId: 'msg_01h455vb4pex5vsknk084sn02q' }),
  ])
  expect(foreign).toEqual(unknown)
  expect(foreign.errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  await db.member.update({ where: keyOf(roomId, bob), data: { mutedUntil: new Date(Date.now() + 60_000) } })
  expect(await bob.fail(addReaction, variables)).toBe('MUTED')
  await db.room.update({ where: { id: uuidOf(roomId) }, data: { archivedAt: new Date() } })
  expect(await ada.fail(addReaction, variables)).toBe('ROOM_ARCHIVED')
  expect(await ada.fail(removeReaction, variables)).toBe('ROOM_ARCHIVED')

  const direct = await send(ada, await openDirect(ada, bob), 'hello')
  await db.block.create({ data: { blockerId: uuidOf(ada.userId), blockedId: uuidOf(bob.userId) } })
  expect(await bob.fail(addReaction, { messageId: direct.id, emoji: '👍' })).toBe('BLOCKED')
})

test('a deleted message has no reactions and takes none', async ({ one, db }) => {
  const ada = await guest(one)
  const { id } = await send(ada, await makeRoom(ada), 'hello')
  await react(ada, id, '👍')
  const { deleteMessage } = await ada.call<{ deleteMessage: { message: unknown } }>(
    'mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { reactions { emoji } } } }',
    { id },
  )
  expect(deleteMessage.message).toEqual({ reactions: [] })
  expect(await db.reaction.count({ where: { messageId: uuidOf(id) } })).toBe(0)
  expect(await ada.fail(addReaction, { messageId: id, emoji: '👍' })).toBe('CONFLICT')
})

test('those who reacted are paged in the order in which they did', async ({ one }) => {
  const ada = await guest(one)
  const others = await guests(one, 4)
  const { id } = await send(ada, await makeRoom(ada, others), 'hello')
  for (const other of others) await react(other, id, '👍')
  const read = async (args: string) => {
    const { node } = await ada.call<{
      node: {
        reactions: { users: { nodes: { id: string }[]; pageInfo: { endCursor: string; hasNextPage: boolean } } }[]
      }
    }>(
      `query ($id: ID!) { node(id: $id) { ... on Message {
        reactions { users(${args}) { nodes { id } pageInfo { endCursor hasNextPage } } }
      } } }`,
      { id },
    )
    return node.reactions[0]?.users
  }
  const page = await read('first: 3')
  expect(page?.nodes).toEqual(others.slice(0, 3).map(({ userId }) => ({ id: userId })))
  expect(page?.pageInfo.hasNextPage).toBe(true)
  expect(await read(`first: 3, after: "${page?.pageInfo.endCursor}"`)).toMatchObject({
    nodes: [{ id: others[3]?.userId }],
    pageInfo: { hasNextPage: false },
  })
  const bad = `query ($id: ID!) { node(id: $id) { ... on Message { reactions { users(after: "WyJ4Il0") { nodes { id } } } } } }`
  expect(await ada.fail(bad, { id })).toBe('BAD_USER_INPUT')
})

test('a page of reactions takes as many statements as one message', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const query = `query ($id: ID!) { room(id: $id) { messages(last: 50) { nodes { ${groupFields} } } } }`
  const measure = async (count: number) => {
    for (let index = 0; index < count; index++) {
      const { id } = await send(ada, roomId, 'hello')
      await react(ada, id, '👍')
      await react(ada, id, '🎉')
    }
    await ada.call(query, { id: roomId })
    return statementsOf(() => ada.call(query, { id: roomId }))
  }
  const few = await measure(1)
  const many = await measure(9)
  expect(many.length, many.join('\n')).toBe(few.length)
  // the room, its messages, the groups, whether the viewer is in them, and the users
  expect(many.length, many.join('\n')).toBeLessThanOrEqual(5)
})
