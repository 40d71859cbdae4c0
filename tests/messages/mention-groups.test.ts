import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { block } from '../support/friends.ts'
import { eventsOf, setRole, test, uuidOf } from '../support/members.ts'
import { member, mentionCount, say } from '../support/mentions.ts'

const mentionsOf = `query ($id: ID!) { node(id: $id) { ... on Message { mentionedGroup mentions { id } } } }`

async function groupOf(client: Client, id: string) {
  const { node } = await client.call<{ node: { mentionedGroup: string | null; mentions: { id: string }[] } }>(
    mentionsOf,
    { id },
  )
  return { group: node.mentionedGroup, ids: node.mentions.map((user) => user.id) }
}

async function reply(client: Client, roomId: string, replyToId: string, body = 'a reply') {
  const { sendMessage } = await client.call<{ sendMessage: { message: { id: string } } }>(
    'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }',
    { input: { roomId, replyToId, body } },
  )
  return sendMessage.message
}

test('a reply mentions the author of the message, unless they turned that off', async ({ one, two, db }) => {
  const [ada, bob, cyd] = [await member(one), await guest(two), await member(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
  const question = await send(bob, roomId, 'a question')
  const told = async ({ userId }: Client) =>
    (await eventsOf(db, userId)).filter((event) => event.startsWith('MENTIONED')).length
  const { id } = await reply(ada, roomId, question.id)
  expect(await groupOf(cyd, id)).toEqual({ group: null, ids: [bob.userId] })
  expect([await mentionCount(bob, roomId), await told(bob)]).toEqual([1, 1])
  // one's own message, and by name as well: once
  await reply(bob, roomId, question.id)
  expect(await told(bob)).toBe(1)
  const own = await say(cyd, roomId, 'a remark')
  await reply(ada, roomId, own.id, `@${cyd.name}`)
  expect([await mentionCount(cyd, roomId), await told(cyd)]).toEqual([1, 1])
  const off = `mutation ($roomId: ID!) {
    setNotifications(input: { roomId: $roomId, level: ALL, mentionedByReplies: false }) { membership { mentionedByReplies } }
  }`
  expect(await bob.call(off, { roomId })).toEqual({ setNotifications: { membership: { mentionedByReplies: false } } })
  await reply(ada, roomId, question.id)
  expect(await told(bob)).toBe(1)
  await block(cyd, ada)
  await reply(ada, roomId, own.id)
  expect(await told(cyd)).toBe(1)
})

test('an edit of a reply still mentions its author', async ({ one }) => {
  const [ada, bob] = [await member(one), await guest(one)]
  const roomId = await makeRoom(ada, [bob])
  const question = await send(bob, roomId, 'a question')
  const { id } = await reply(ada, roomId, question.id)
  await ada.call('mutation ($id: ID!) { editMessage(input: { messageId: $id, body: "other" }) { message { id } } }', {
    id,
  })
  expect(await groupOf(bob, id)).toEqual({ group: null, ids: [bob.userId] })
  expect(await mentionCount(bob, roomId)).toBe(1)
})

test('admins mention everybody with @everyone; for others it is text', async ({ one, db }) => {
  const [ada, bob, cyd] = [await member(one), await guest(one), await member(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
  const { id } = await say(ada, roomId, 'look, @everyone!')
  expect(await groupOf(bob, id)).toEqual({ group: 'EVERYONE', ids: [] })
  for (const client of [bob, cyd]) {
    expect(await mentionCount(client, roomId)).toBe(1)
    expect((await eventsOf(db, client.userId)).at(-1)).toBe(`MENTIONED ${uuidOf(id)}`)
  }
  expect(await mentionCount(ada, roomId)).toBe(0)
  for (const body of ['`@everyone`', 'https://x.org/@everyone', 'everyone']) {
    expect(await groupOf(bob, (await say(ada, roomId, body)).id)).toEqual({ group: null, ids: [] })
  }
  const { id: plain } = await say(cyd, roomId, '@everyone and @here')
  expect(await groupOf(bob, plain)).toEqual({ group: null, ids: [] })
  expect(await mentionCount(bob, roomId)).toBe(1)
  await setRole(db, roomId, cyd, 'ADMIN')
  await say(cyd, roomId, '@everyone')
  expect(await mentionCount(bob, roomId)).toBe(2)
  await ada.call('mutation ($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', { id })
  expect(await mentionCount(bob, roomId)).toBe(1)
})

test('@here mentions those who are online', async ({ one, two }) => {
  const [ada, bob, cyd] = [await member(one), await guest(two), await guest(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
  const stream = bob.follow<{ viewerEvents: { __typename: string } }>('subscription { viewerEvents { __typename } }')
  await stream.nextData()
  const isOnline = 'query ($id: ID!) { room(id: $id) { onlineCount } }'
  await expect.poll(() => ada.call(isOnline, { id: roomId })).toEqual({ room: { onlineCount: 1 } })
  const { id } = await say(ada, roomId, '@here please')
  expect(await groupOf(ada, id)).toEqual({ group: 'HERE', ids: [] })
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Mentioned' } })
  expect([await mentionCount(bob, roomId), await mentionCount(cyd, roomId)]).toEqual([1, 0])
})

test('in a large room a mention of everybody is one row, and counts for each member', async ({ one, db }) => {
  const [ada, bob] = [await member(one), await member(one)]
  const roomId = await makeRoom(ada, [bob])
  await db.$executeRaw`
    with added as (
      insert into topics (id) select gen_random_uuid() from generate_series(1, ${limits.groupMentionsMax}::integer) returning id
    ), crowd as (
      insert into users (id, display_name, is_guest) select id, 'crowd', true from added returning id
    )
    insert into members (room_id, user_id) select ${uuidOf(roomId)}::uuid, id from crowd`
  const { id } = await say(ada, roomId, '@everyone')
  expect(await db.mention.count({ where: { messageId: uuidOf(id) } })).toBe(0)
  expect(await mentionCount(bob, roomId)).toBe(1)
  // by name too: it counts once, and is an event
  await say(ada, roomId, `@everyone and @${bob.name}`)
  expect(await mentionCount(bob, roomId)).toBe(2)
  const found = await bob.call<{ searchMessages: { nodes: { id: string }[] } }>(
    '{ searchMessages(query: "", filter: { mentionsViewer: true }) { nodes { id } } }',
  )
  expect(found.searchMessages.nodes).toHaveLength(2)
  await ada.call('mutation ($id: ID!) { editMessage(input: { messageId: $id, body: "all" }) { message { id } } }', {
    id,
  })
  expect(await mentionCount(bob, roomId)).toBe(1)
  await block(bob, ada)
  expect(await mentionCount(bob, roomId)).toBe(0)
})
