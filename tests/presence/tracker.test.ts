import { expect } from 'vitest'
import { presenceDefaults } from '../../src/config/presence.ts'
import { clearLeases } from '../../src/presence/leases/service.ts'
import { guest, makeRoom } from '../support/client.ts'
import { guests, test, uuidOf } from '../support/members.ts'
import { connect, followLive, nextOf, presencesOf, statusesOf } from '../support/presence.ts'

test('users of a crashed server go offline with its lease, and are told of', async ({ start, two, db }) => {
  const doomed = await start()
  const [ada, bob] = [await guest(two, 'Ada'), await guest(doomed, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const stream = await followLive(ada, roomId)
  await connect(bob)
  expect(await nextOf(stream, bob)).toBe('ONLINE')
  const row = await db.userPresence.findFirstOrThrow({ where: { userId: uuidOf(bob.userId) } })
  const renewedAt = new Date(Date.now() - 60_000)
  await db.user.update({ where: { id: uuidOf(bob.userId) }, data: { lastSeenAt: null } })
  const lease = { renewedAt, expiresAt: new Date(Date.now() - 30_000) }
  await db.serverLease.update({ where: { id: row.serverId }, data: lease })
  // at once for who asks, before anybody has cleared it away
  expect(await statusesOf(ada, [bob])).toEqual(['OFFLINE'])
  const { sql, feed, config } = two.parts
  expect(await clearLeases({ sql, feed, config: config.presence })).toBe(1)
  expect(await nextOf(stream, bob)).toBe('OFFLINE')
  expect(await presencesOf(ada, [bob])).toEqual([{ status: 'OFFLINE', lastSeenAt: renewedAt.toISOString() }])
  // it was not dead, only out of touch: with its next write all who are there are back
  await connect(await guest(doomed))
  await expect.poll(() => statusesOf(ada, [bob])).toEqual(['ONLINE'])
})

test('renewing a lease writes one row, however many users are here', async ({ start, db }) => {
  const server = await start({ presence: { renewMs: 100, leaseMs: 1_000 } })
  const clients = await guests(server, 5)
  const streams = await Promise.all(clients.map(connect))
  const { serverId } = await db.userPresence.findFirstOrThrow({
    where: { userId: uuidOf(clients[0]?.userId ?? '') },
  })
  const leaseOf = () => db.serverLease.findUniqueOrThrow({ where: { id: serverId } })
  const versions = () =>
    db.$queryRaw<{ xmin: string }[]>`select xmin::text from user_presences where server_id = ${serverId}::uuid`
  const [before, rows] = [await leaseOf(), await versions()]
  await expect.poll(async () => (await leaseOf()).renewedAt > before.renewedAt).toBe(true)
  expect(rows).toHaveLength(5)
  expect(await versions()).toEqual(rows)
  for (const stream of streams) stream.stop()
})

test('a clean stop takes everybody offline at once', async ({ start, one, db }) => {
  const server = await start({ presence: { lingerMs: 60_000 } })
  const [ada, bob] = [await guest(one, 'Ada'), await guest(server, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const stream = await followLive(ada, roomId)
  await connect(bob)
  expect(await nextOf(stream, bob)).toBe('ONLINE')
  const { serverId } = await db.userPresence.findFirstOrThrow({ where: { userId: uuidOf(bob.userId) } })
  await server.close()
  expect(await nextOf(stream, bob)).toBe('OFFLINE')
  expect(await db.serverLease.count({ where: { id: serverId } })).toBe(0)
})

test('users of a crashed server are told to be offline by itself, within 45 seconds', async ({ start, db }) => {
  const { leaseMs, clearMs } = presenceDefaults
  // a chore waits up to a quarter longer
  expect(leaseMs + 1.25 * clearMs).toBeLessThan(45_000)
  const [doomed, watcher] = [await start(), await start({ presence: { clearMs: 50 } })]
  const [ada, bob] = [await guest(watcher, 'Ada'), await guest(doomed, 'Bob')]
  const roomId = await makeRoom(ada, [bob])
  const stream = await followLive(ada, roomId)
  await connect(bob)
  expect(await nextOf(stream, bob)).toBe('ONLINE')
  const { serverId } = await db.userPresence.findFirstOrThrow({ where: { userId: uuidOf(bob.userId) } })
  const lease = { renewedAt: new Date(Date.now() - 60_000), expiresAt: new Date(Date.now() - 30_000) }
  await db.serverLease.update({ where: { id: serverId }, data: lease })
  expect(await nextOf(stream, bob)).toBe('OFFLINE')
})
