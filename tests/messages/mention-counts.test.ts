import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { type Client, makeRoom } from '../support/client.ts'
import { block, unblock } from '../support/friends.ts'
import { test, uuidOf } from '../support/members.ts'
import { member, mentionCount, say } from '../support/mentions.ts'

test('mentions by whom one has blocked since do not count, and do again after', async ({ one, two }) => {
  const [ada, bob, cyd] = [await member(one), await member(one), await member(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
  for (const author of [ada, ada, cyd]) await say(author, roomId, `@${bob.name}`)
  const other = bob.at(two)
  const stream = other.follow<{ viewerEvents: { __typename: string } }>('subscription { viewerEvents { __typename } }')
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
  const counts = `query ($id: ID!) { room(id: $id) { members { nodes { user { id } mentionCount } } } }`
  const seenBy = async (client: Client) => {
    const { room } = await client.call<{
      room: { members: { nodes: { user: { id: string }; mentionCount: number }[] } }
    }>(counts, { id: roomId })
    return room.members.nodes.find(({ user }) => user.id === bob.userId)?.mentionCount
  }
  expect(await mentionCount(bob, roomId)).toBe(3)
  await block(bob, ada)
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'BlocksChanged' } })
  expect(await mentionCount(other, roomId)).toBe(1)
  // to others the count would tell of the block
  expect(await seenBy(cyd)).toBe(0)
  await block(cyd, bob)
  expect(await mentionCount(bob, roomId)).toBe(1)
  await unblock(bob, ada)
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'BlocksChanged' } })
  expect(await mentionCount(other, roomId)).toBe(3)
})

test('of very many unread mentions the newest 1,000 are counted', async ({ one, db }) => {
  const [ada, bob, cyd] = [await member(one), await member(one), await member(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
  const max = limits.mentionsCountedMax
  const messages = Array.from({ length: max + 1 }, (_, index) => ({
    ...{ id: randomUUID(), roomId: uuidOf(roomId), number: index + 1, seq: index + 1 },
    ...{ authorId: uuidOf(index === 0 ? cyd.userId : ada.userId), body: 'hello' },
  }))
  await db.message.createMany({ data: messages })
  await db.mention.createMany({
    data: messages.map(({ id, number }) => ({
      ...{ messageId: id, userId: uuidOf(bob.userId) },
      ...{ roomId: uuidOf(roomId), number },
    })),
  })
  await db.topic.update({ where: { id: uuidOf(roomId) }, data: { lastNumber: max + 1 } })
  expect(await mentionCount(bob, roomId)).toBe(max)
  // the oldest was not counted
  await block(bob, cyd)
  expect(await mentionCount(bob, roomId)).toBe(max)
  await block(bob, ada)
  expect(await mentionCount(bob, roomId)).toBe(0)
  await unblock(bob, ada)
  await unblock(bob, cyd)
  const read = 'mutation ($roomId: ID!) { markRead(input: { roomId: $roomId, number: 2 }) { room { id } } }'
  await bob.call(read, { roomId })
  expect(await mentionCount(bob, roomId)).toBe(max - 1)
})
