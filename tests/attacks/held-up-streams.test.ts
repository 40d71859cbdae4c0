// P7 for those who do not read: every field that a stream reaches, before and after the right to see it is gone.

import { expect } from 'vitest'
import { rootFields } from '../oracles/authorization/documents.ts'
import { type Client, guest } from '../support/client.ts'
import {
  type Flood,
  floodedGuest,
  type HeldSocket,
  holdUp,
  isNumberAlone,
  isSynced,
  makeFlood,
} from '../support/held-socket.ts'
import { addMembers, make, removeMember } from '../support/members.ts'
import { testMs } from '../support/patience.ts'
import { test as base } from '../support/server.ts'
import { fieldOperations } from '../support/stream-fields.ts'

const test = base
  .extend('small', { scope: 'file' }, async ({ start }) =>
    start({ feed: { socketBufferBytesMax: 65_536, stallMs: testMs } }),
  )
  .extend('flooded', { scope: 'file' }, async ({ small }) => makeFlood(await guest(small), small))

const operations = fieldOperations('subscription ($roomId: ID!) { roomEvents(roomId: $roomId) { … } }', {
  interfaceName: 'RoomEvent',
  leadsTo: {
    Message: 'MessageSent',
    Room: 'RoomUpdated',
    Membership: 'MemberJoined',
    User: 'MemberJoined',
  },
})

/** Written after the right was taken away: in messages, and elsewhere. */
const secret = 'written afterwards'
const renamed = 'renamed afterwards'

type Given = Record<string, unknown>
const run = (client: Client, field: string, input: Given, select = '__typename') =>
  client.call<Record<string, { message: { id: string } }>>(
    `mutation ($input: ${String(rootFields('mutation')[field]?.args[0]?.type)}) { ${field}(input: $input) { ${select} } }`,
    { input },
  )

/** A room that only its members see, with somebody whose streams of it are held up. */
async function setUp(server: Client['server'], flooded: Flood) {
  const owner = await guest(server, 'Owner')
  const [member, other] = [await floodedGuest(server, flooded), await guest(server)]
  const { id: roomId } = await make(owner, { access: 'INVITE' })
  await owner.call(addMembers, { roomId, userIds: [member.userId] })
  const say = async (body: string, given: Given = {}) => {
    const input = { roomId, body, ...given }
    const { sendMessage } = await run(owner, 'sendMessage', input, 'message { id }')
    return sendMessage?.message.id ?? ''
  }
  const held = await holdUp(member, flooded, { operations, variables: { roomId } })
  const messageId = await say('hello')
  const replyId = await say('a reply', { replyToId: messageId })
  await run(owner, 'editMessage', { messageId, body: 'hello again' })
  await run(owner, 'pinMessage', { messageId })
  await run(owner, 'addReaction', { messageId, emoji: '👍' })
  await owner.call(addMembers, { roomId, userIds: [other.userId] })
  await run(owner, 'updateRoom', { roomId, name: 'named before' })

  /** Writes whatever can be written to what these events speak of. */
  async function writeMore(): Promise<void> {
    for (const id of [messageId, replyId]) await run(owner, 'editMessage', { messageId: id, body: secret })
    await say(secret, { replyToId: messageId })
    await run(owner, 'updateRoom', { roomId, name: renamed, description: renamed })
    const joiner = await guest(server, renamed)
    await owner.call(addMembers, { roomId, userIds: [joiner.userId] })
  }
  return { owner, member, other, roomId, held, writeMore }
}

type Scene = Awaited<ReturnType<typeof setUp>>

/** The operations whose results have a text. */
const showing = ({ streams }: HeldSocket, ...words: string[]) =>
  [...streams]
    .filter(([, { frames }]) => frames.some((frame) => words.some((word) => frame.includes(word))))
    .map(([name]) => name)

test('a member who reads late is shown what there is now, by many fields', async ({ small, flooded }) => {
  const { held, writeMore } = await setUp(small, flooded)
  await writeMore()
  held.letGo()
  await held.until(({ frames }) => frames.some(isSynced))
  expect(showing(held, secret, renamed)).toEqual(
    expect.arrayContaining([
      ...['MemberJoined.membership.room', 'MemberJoined.membership.user', 'MessageSent.message.body'],
      ...['MessageSent.message.replies', 'MessageSent.message.replyTo', 'MessageSent.message.room'],
      ...['RoomUpdated.room.lastMessage', 'RoomUpdated.room.members', 'RoomUpdated.room.messages'],
      ...['RoomUpdated.room.name', 'RoomUpdated.room.pinnedMessages'],
    ]),
  )
})

/** The ways in which a member can lose a room. */
const losses: Record<string, (scene: Scene) => Promise<unknown>> = {
  'is removed': ({ owner, roomId, member }) => owner.call(removeMember, { roomId, userId: member.userId }),
  'is banned': ({ owner, roomId, member }) => run(owner, 'banMember', { roomId, userId: member.userId }),
  leaves: ({ member, roomId }) => run(member, 'leaveRoom', { roomId }),
}

test.for(Object.keys(losses))('who %s while held up is shown numbers alone', async (loss, { small, flooded }) => {
  const scene = await setUp(small, flooded)
  await losses[loss]?.(scene)
  await scene.writeMore()
  scene.held.letGo()
  await scene.held.until(({ isComplete }) => isComplete)
  expect(showing(scene.held, secret, renamed, 'hello')).toEqual([])
  for (const { frames } of scene.held.streams.values()) {
    expect(frames.at(-1)).toContain('"__typename":"MemberLeft"')
    expect(frames.slice(0, -1).filter((frame) => !isNumberAlone(frame))).toEqual([])
  }
})

test('whose room is deleted while held up is shown numbers alone', async ({ small, flooded }) => {
  const { owner, roomId, held } = await setUp(small, flooded)
  await run(owner, 'deleteRoom', { roomId })
  held.letGo()
  await held.until(({ isComplete }) => isComplete)
  for (const { frames } of held.streams.values()) {
    expect(frames.at(-1)).toMatch(/"__typename":"(RoomDeleted|ResyncRequired)"/)
    expect(frames.slice(0, -1).filter((frame) => !isNumberAlone(frame))).toEqual([])
  }
})

test('who blocks the author while held up is not shown their words', async ({ small, flooded }) => {
  const { owner, member, held, writeMore } = await setUp(small, flooded)
  await run(member, 'blockUser', { userId: owner.userId })
  await writeMore()
  held.letGo()
  await held.until(({ frames }) => frames.some(isSynced))
  expect(showing(held, secret, 'hello')).toEqual([])
  expect(showing(held, renamed)).not.toEqual([])
})

test('whose session ends while held up is shown nothing more', async ({ small, flooded }) => {
  const { member, held, writeMore } = await setUp(small, flooded)
  await member.call('mutation { signOut { __typename } }')
  await writeMore()
  held.letGo()
  expect([1006, 4403]).toContain(await held.closed)
  expect(showing(held, secret, renamed, 'hello')).toEqual([])
})
