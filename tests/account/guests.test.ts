import { expect } from 'vitest'
import { dismissGuests, endAwayGuests } from '../../src/account/guests/service.ts'
import { holdChore } from '../support/chores.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { test as base, leaveRoom, openDirect, uuidOf } from '../support/members.ts'

/** Chores are done by the tests alone. */
const test = base.extend('chores', { scope: 'file', auto: true }, async ({ databaseUrl }, { onCleanup }) => {
  onCleanup(await holdChore(databaseUrl, 'guests'))
})

const signOut = 'mutation { signOut { session { id } } }'
const anHourAgo = () => new Date(Date.now() - 3_600_000)
const membersOf = async (client: Client, id: string) => {
  const query = 'query ($id: ID!) { room(id: $id) { archivedAt members { nodes { user { displayName } } } } }'
  type Members = { room: { archivedAt: string | null; members: { nodes: { user: { displayName: string } }[] } } }
  const { room } = await client.call<Members>(query, { id })
  return { isArchived: room.archivedAt !== null, names: room.members.nodes.map(({ user }) => user.displayName) }
}

test('a guest who signs out leaves all rooms, and keeps the name on what they said', async ({ one }) => {
  const [ada, bob] = [await guest(one, 'Ada'), await guest(one, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const direct = await openDirect(bob, ada)
  await send(bob, direct, 'hello')
  await dismissGuests(one.parts, anHourAgo())
  expect(await membersOf(ada, roomId)).toEqual({ isArchived: false, names: ['Ada', 'Bob'] })
  await bob.call(signOut)
  await expect
    .poll(async () => {
      // the session ends by the clock of the server, and PostgreSQL's may be a moment behind
      await dismissGuests(one.parts, anHourAgo())
      return membersOf(ada, roomId)
    })
    .toEqual({ isArchived: false, names: ['Ada'] })
  expect(await membersOf(ada, direct)).toEqual({ isArchived: true, names: ['Ada'] })
  const said = await ada.call('query ($id: ID!) { room(id: $id) { lastMessage { author { displayName } } } }', {
    id: direct,
  })
  expect(said).toEqual({ room: { lastMessage: { author: { displayName: 'Bob' } } } })
  await ada.call(leaveRoom, { roomId: direct })
})

test('a guest whose session has expired leaves, and one with another session stays', async ({ one, db }) => {
  const [ada, bob, eve] = [await guest(one, 'Ada'), await guest(one, 'Bob'), await guest(one, 'Eve')]
  const roomId = await makeRoom(ada, [bob, eve])
  const [bobId, eveId] = [uuidOf(bob.userId), uuidOf(eve.userId)]
  await db.session.create({ data: { userId: eveId, expiresAt: new Date(Date.now() + 3_600_000) } })
  const expiresAt = new Date(Date.now() - 1_000)
  for (const userId of [bobId, eveId]) {
    const { id } = await db.session.findFirstOrThrow({ where: { userId }, orderBy: { createdAt: 'asc' } })
    await db.session.update({ where: { id }, data: { expiresAt, createdAt: new Date(0) } })
  }
  await expect
    .poll(async () => {
      await dismissGuests(one.parts, anHourAgo())
      return (await membersOf(ada, roomId)).names
    })
    .toEqual(['Ada', 'Eve'])
})

test('a guest who was away for GUEST_DAYS leaves, and one who was seen stays', async ({ one, db }) => {
  const [ada, bob, eve] = [await guest(one, 'Ada'), await guest(one, 'Bob'), await guest(one, 'Eve')]
  const roomId = await makeRoom(ada, [bob, eve])
  const longAgo = new Date(Date.now() - 31 * 86_400_000)
  for (const { userId } of [bob, eve]) {
    await db.session.updateMany({ where: { userId: uuidOf(userId) }, data: { lastUsedAt: longAgo } })
    await db.user.update({ where: { id: uuidOf(userId) }, data: { createdAt: longAgo, lastSeenAt: null } })
  }
  await db.user.update({ where: { id: uuidOf(eve.userId) }, data: { lastSeenAt: new Date() } })
  const { config } = one.parts
  const withDays = (guestDays: number) => ({
    ...one.parts,
    config: { ...config, retention: { ...config.retention, guestDays } },
  })
  for (const days of [0, 32]) await endAwayGuests(withDays(days))
  await dismissGuests(one.parts, anHourAgo())
  expect((await membersOf(ada, roomId)).names).toEqual(['Ada', 'Bob', 'Eve'])
  await endAwayGuests(withDays(30))
  await expect
    .poll(async () => {
      await dismissGuests(one.parts, anHourAgo())
      return (await membersOf(ada, roomId)).names
    })
    .toEqual(['Ada', 'Eve'])
})
