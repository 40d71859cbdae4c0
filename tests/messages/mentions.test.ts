import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { freshName } from '../support/accounts.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { eventsOf, keyOf, leaveRoom, removeMember, test, uuidOf } from '../support/members.ts'
import { type Mentioning, member, mentionCount, say, sendMutation } from '../support/mentions.ts'
import { patienceMs } from '../support/patience.ts'
import { statementsOf } from '../support/statements.ts'

const editMutation = `mutation ($messageId: ID!, $body: String!) {
  editMessage(input: { messageId: $messageId, body: $body }) { message { id mentions { username } } }
}`
const deleteMutation = `mutation ($messageId: ID!) {
  deleteMessage(input: { messageId: $messageId }) { message { id mentions { username } } }
}`

async function edit(author: Client, messageId: string, body: string): Promise<string[]> {
  const data = await author.call<{ editMessage: Mentioning }>(editMutation, { messageId, body })
  return data.editMessage.message.mentions.map(({ username }) => username)
}

test('who is mentioned is told over all rooms, once, on every server', async ({ one, two }) => {
  const [ada, bob] = [await member(one), await member(two)]
  const roomId = await makeRoom(ada, [bob])
  const stream = bob.follow(
    'subscription { viewerEvents { __typename ... on Mentioned { message { body room { id } author { id } } } } }',
  )
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
  await say(ada, roomId, 'nobody here')
  const nonce = randomUUID()
  const body = `look, @${bob.name.toUpperCase()}!`
  expect((await say(ada, roomId, body, nonce)).names).toEqual([bob.name])
  // the same message again
  expect((await say(ada, roomId, body, nonce)).names).toEqual([bob.name])
  expect(await stream.nextData()).toEqual({
    viewerEvents: { __typename: 'Mentioned', message: { body, room: { id: roomId }, author: { id: ada.userId } } },
  })
  expect(await mentionCount(bob, roomId)).toBe(1)
  await say(ada, roomId, `@${bob.name} once more`)
  expect(await stream.nextData()).toMatchObject({
    viewerEvents: { __typename: 'Mentioned', message: { body: `@${bob.name} once more` } },
  })
  expect(await mentionCount(bob, roomId)).toBe(2)
  await say(bob, roomId, 'I am here')
  expect(await mentionCount(bob, roomId)).toBe(0)
})

test('a mention is an @ and a username, and nothing that only looks like it', async ({ one }) => {
  const ada = await member(one)
  const [bob, dot] = [await member(one), await member(one, `a.b-c_${freshName().slice(0, 12)}`)]
  const roomId = await makeRoom(ada, [bob, dot])
  const { name } = bob
  for (const body of [
    `@${name}`,
    `hello @${name}, how are you`,
    `(@${name})`,
    `@${name}.`,
    `@${name}... well`,
    `你好@${name}你好`,
    `**@${name}**`,
    `"@${name}" @${name} @${name.toUpperCase()}`,
    `\`code\` @${name} \`code\``,
    `an odd \` backtick @${name}`,
  ]) {
    expect((await say(ada, roomId, body)).names, body).toEqual([name])
  }
  for (const body of [
    name,
    `@ ${name}`,
    `@@${name}`,
    `mail@${name}`,
    `mail.@${name}`,
    `josé@${name}`,
    `@${name}@example.com`,
    `https://example.com/@${name}`,
    `@${name}x`,
    `@x${name}`,
    `@${name}é`,
    `\`@${name}\``,
    `\`\` a ' @${name} \`\``,
    `\`\`\`\n@${name}\n\`\`\``,
    `@${name.replace('u', 'ｕ')}`,
    `@${'a'.repeat(3_000)}`,
    `@${'.'.repeat(3_000)}a`,
    `${'@'.repeat(3_000)}${name}`,
    '`'.repeat(4_000),
    '@'.repeat(4_000),
  ]) {
    expect((await say(ada, roomId, body)).names, body.slice(0, 40)).toEqual([])
  }
  expect((await say(ada, roomId, `@${dot.name}, @${name}`)).names).toEqual([dot.name, name].toSorted())
})

test('only members are mentioned, and nobody who blocks or is blocked, or by themselves', async ({ one, db }) => {
  const [ada, eve, kim, lea] = [await member(one), await member(one), await member(one), await member(one)]
  const roomId = await makeRoom(ada, [kim, lea])
  const block = (blocker: Client, blocked: Client) =>
    db.block.create({ data: { blockerId: uuidOf(blocker.userId), blockedId: uuidOf(blocked.userId) } })
  await block(kim, ada)
  await block(ada, lea)
  const everybody = [ada, eve, kim, lea].map(({ name }) => `@${name}`).join(' ')
  expect((await say(ada, roomId, `${everybody} @nobody-at-all`)).names).toEqual([])
  for (const client of [ada, eve, kim, lea]) {
    expect((await eventsOf(db, client.userId)).filter((event) => event.startsWith('MENTIONED'))).toEqual([])
  }
  expect((await say(lea, roomId, everybody)).names).toEqual([kim.name])
})

test('so many names count and no more', async ({ one, db }) => {
  const ada = await member(one)
  const others = await Promise.all(Array.from({ length: limits.mentionsMax + 1 }, () => member(one)))
  const roomId = await makeRoom(ada, others)
  const { id, names } = await say(ada, roomId, others.map(({ name }) => `@${name}`).join(' '))
  expect(names).toEqual(
    others
      .slice(0, limits.mentionsMax)
      .map(({ name }) => name)
      .toSorted(),
  )
  expect(await db.mention.count({ where: { messageId: uuidOf(id) } })).toBe(limits.mentionsMax)
  expect((await eventsOf(db, others.at(-1)?.userId ?? '')).at(-1)).not.toContain('MENTIONED')
})

test('an edit mentions anew, and takes back', async ({ one, db }) => {
  const [ada, bob, cyd] = [await member(one), await member(one), await member(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
  const { id } = await say(ada, roomId, `@${bob.name}`)
  expect(await edit(ada, id, `@${cyd.name} and @${bob.name}`)).toEqual([bob.name, cyd.name].toSorted())
  expect(await edit(ada, id, `only @${cyd.name}`)).toEqual([cyd.name])
  expect(await mentionCount(bob, roomId)).toBe(0)
  expect(await mentionCount(cyd, roomId)).toBe(1)
  const mentioned = async (client: Client) =>
    (await eventsOf(db, client.userId)).filter((event) => event.startsWith('MENTIONED'))
  expect(await mentioned(bob)).toEqual([`MENTIONED ${uuidOf(id)}`])
  expect(await mentioned(cyd)).toEqual([`MENTIONED ${uuidOf(id)}`])
  const { deleteMessage } = await ada.call<{ deleteMessage: Mentioning }>(deleteMutation, { messageId: id })
  expect(deleteMessage.message.mentions).toEqual([])
  expect(await mentionCount(cyd, roomId)).toBe(0)
  expect(await db.mention.count({ where: { messageId: uuidOf(id) } })).toBe(0)
})

test('who has left reads nothing of where they were mentioned', async ({ one }) => {
  const [ada, bob, cyd] = [await member(one), await member(one), await member(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
  const { viewer } = await bob.call<{ viewer: { eventCursor: string } }>('{ viewer { eventCursor } }')
  await say(ada, roomId, `@${bob.name} a secret`)
  await bob.call(leaveRoom, { roomId })
  await ada.call(removeMember, { roomId, userId: cyd.userId })
  expect((await say(ada, roomId, `@${bob.name} @${cyd.name} gone`)).names).toEqual([])
  const stream = bob.follow(
    'subscription ($after: EventCursor) { viewerEvents(after: $after) { __typename ... on Mentioned { message { body } } } }',
    { after: viewer.eventCursor },
  )
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Mentioned', message: null } })
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'RoomRemoved' } })
  expect(await stream.nextData()).toEqual({ viewerEvents: { __typename: 'Synced' } })
})

test('many who mention each other at once all do', async ({ one, two, db }) => {
  const people = await Promise.all(Array.from({ length: 6 }, (_, index) => member(index % 2 ? one : two)))
  const [first, ...others] = people
  if (!first) throw new Error('nobody')
  const roomId = await makeRoom(first, others)
  const all = people.map(({ name }) => `@${name}`).join(' ')
  await Promise.all(people.flatMap((author) => [1, 2, 3].map(() => send(author, roomId, all))))
  for (const { userId } of people) {
    const events = (await eventsOf(db, userId)).filter((event) => event.startsWith('MENTIONED'))
    expect(new Set(events).size).toBe(15)
    expect(events).toHaveLength(15)
  }
})

test('a body without an @ asks nothing more', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  await send(ada, roomId, 'hello')
  const plain = await statementsOf(() => send(ada, roomId, 'hello'))
  expect(plain.filter((statement) => statement.includes('ention'))).toEqual([])
})

const unhurried = { maxWait: patienceMs, timeout: 2 * patienceMs }

test('who leaves while a send is on its way is not mentioned', async ({ one, two, db }) => {
  const [ada, bob, cyd] = [await member(one), await member(one), await member(one)]
  const roomId = await makeRoom(ada, [bob, cyd])
  const sending = await db.$transaction(async (tx) => {
    await tx.$queryRaw`select from topics where id = ${uuidOf(roomId)}::uuid for no key update`
    const sent = say(ada.at(two), roomId, `@${bob.name} @${cyd.name}`)
    // whom it mentions has been looked up by then
    const isWaiting = async () => {
      const [row] = await db.$queryRaw<{ waiting: boolean }[]>`
        select exists (
          select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query like '%lockTopics%'
        ) as waiting`
      return row?.waiting
    }
    await expect.poll(isWaiting).toBe(true)
    await tx.member.delete({ where: keyOf(roomId, bob) })
    return { sent }
  }, unhurried)
  expect((await sending.sent).names).toEqual([cyd.name])
  expect((await eventsOf(db, bob.userId)).filter((event) => event.startsWith('MENTIONED'))).toEqual([])
})

test('a text that is refused locks none of those whom it names', async ({ one, db }) => {
  const [ada, eve, bob] = [await member(one), await member(one), await member(one)]
  const roomId = await makeRoom(ada, [bob])
  const { id } = await send(ada, roomId, 'mine')
  const held = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const holding = db.$transaction(async (tx) => {
    await tx.$queryRaw`select from topics where id = ${uuidOf(ada.userId)}::uuid for no key update`
    held.resolve()
    await released.promise
  }, unhurried)
  await held.promise
  // whoever waited for the lock would be answered with SERVICE_UNAVAILABLE
  expect(await eve.fail(sendMutation, { input: { roomId, body: `@${ada.name} @${bob.name}` } })).toBe('FORBIDDEN')
  expect(await bob.fail(editMutation, { messageId: id, body: `@${ada.name}` })).toBe('FORBIDDEN')
  released.resolve()
  await holding
})
