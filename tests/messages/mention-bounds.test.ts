import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { rateDefaults } from '../../src/config/rates.ts'
import { freshName } from '../support/accounts.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { eventsOf, test, uuidOf } from '../support/members.ts'
import { type Mentioning, member, mentionCount, say } from '../support/mentions.ts'

const editMutation = `mutation ($messageId: ID!, $body: String!) {
  editMessage(input: { messageId: $messageId, body: $body }) { message { id mentions { username } } }
}`

async function edit(author: Client, messageId: string, body: string): Promise<string[]> {
  const data = await author.call<{ editMessage: Mentioning }>(editMutation, { messageId, body })
  return data.editMessage.message.mentions.map(({ username }) => username)
}

test('a user is told once of a message, however often it is edited', async ({ one, db }) => {
  const [ada, bob] = [await member(one), await member(one)]
  const roomId = await makeRoom(ada, [bob])
  const { id } = await say(ada, roomId, `@${bob.name}`)
  for (let round = 0; round < 5; round++) {
    expect(await edit(ada, id, `nobody ${round}`)).toEqual([])
    expect(await mentionCount(bob, roomId)).toBe(0)
    expect(await edit(ada, id, `@${bob.name} ${round}`)).toEqual([bob.name])
    expect(await mentionCount(bob, roomId)).toBe(1)
  }
  expect((await eventsOf(db, bob.userId)).filter((event) => event.startsWith('MENTIONED'))).toHaveLength(1)
})

test('while slow mode makes an author wait, an edit mentions nobody else', async ({ one, db }) => {
  const [ada, bob, cyd] = [await member(one), await member(one), await member(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
  const { id } = await say(bob, roomId, `@${ada.name}`)
  await db.room.update({ where: { id: uuidOf(roomId) }, data: { slowModeSeconds: 21_600 } })
  expect(await edit(bob, id, `@${ada.name} @${cyd.name}`)).toEqual([ada.name])
  expect(await edit(bob, id, 'nobody')).toEqual([])
  expect(await edit(bob, id, `@${ada.name}`)).toEqual([ada.name])
  expect(await mentionCount(cyd, roomId)).toBe(0)
  await db.member.updateMany({ where: { userId: uuidOf(bob.userId) }, data: { lastSentAt: new Date(0) } })
  expect(await edit(bob, id, `@${cyd.name}`)).toEqual([cyd.name])
})

test('names of nobody do not count', async ({ one }) => {
  const ada = await member(one)
  const others = await Promise.all(Array.from({ length: 3 }, () => member(one)))
  const roomId = await makeRoom(ada, others)
  const strangers = Array.from({ length: 5 * limits.mentionsMax }, () => `@${freshName().slice(0, 16)}`)
  const { names } = await say(ada, roomId, [...strangers, ...others.map(({ name }) => `@${name}`)].join(' '))
  expect(names).toEqual(others.map(({ name }) => name).toSorted())
})

test('edits are limited as sends are', async ({ start }) => {
  const ada = await guest(await start({ rates: { editsOfUser: { points: 3, seconds: 60 } } }))
  const roomId = await makeRoom(ada)
  const { id } = await send(ada, roomId, 'a')
  for (const body of ['b', 'c', 'd']) await edit(ada, id, body)
  expect(await ada.fail(editMutation, { messageId: id, body: 'e' })).toBe('RATE_LIMITED')
})

test('reactions of a user to a message are limited, and those to others are not', async ({ start }) => {
  const ada = await guest(await start({ rates: { reactionsToMessage: { points: 4, seconds: 60 } } }))
  const roomId = await makeRoom(ada)
  const [first, second] = [await send(ada, roomId, 'a'), await send(ada, roomId, 'b')]
  const react = (name: string) =>
    `mutation ($messageId: ID!) { ${name}(input: { messageId: $messageId, emoji: "👍" }) { message { id } } }`
  for (const name of ['addReaction', 'removeReaction', 'addReaction', 'removeReaction']) {
    await ada.call(react(name), { messageId: first.id })
  }
  expect(await ada.fail(react('addReaction'), { messageId: first.id })).toBe('RATE_LIMITED')
  await ada.call(react('addReaction'), { messageId: second.id })
  // all emojis that a message can have fit
  expect(rateDefaults.reactionsToMessage.points).toBeGreaterThanOrEqual(limits.reactionKindsMax)
})
