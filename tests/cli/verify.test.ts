import { expect } from 'vitest'
import { doctorLimits, verifyLimits } from '../../src/config/doctor.ts'
import { guest, makeRoom, send } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { connect } from '../support/database.ts'
import { rewriteHistory } from '../support/feeds.ts'
import { test, uuidOf } from '../support/members.ts'

/** Says what `doctor` finds about events. */
async function examine(databaseUrl: string): Promise<string> {
  const { out } = await kabar(databaseUrl, ['doctor'])
  return out.split('\n').find((line) => line.includes(' events: ')) ?? ''
}

test('the events of a deployment follow each other', async ({ one, databaseUrl }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada, [await guest(one)])
  for (const body of ['one', 'two', 'three']) await send(ada, roomId, body)
  expect(await kabar(databaseUrl, ['verify'])).toEqual({
    ...{ code: 0, err: '' },
    out: expect.stringMatching(/^Verified \d+ events of \d+ rooms and users: all follow each other\.$/),
  })
  expect((await kabar(databaseUrl, ['verify', '--room', roomId])).out).toMatch(/^Verified 5 events of 1 rooms/)
  expect(await kabar(databaseUrl, ['verify', '--room', ada.userId])).toMatchObject({
    code: 1,
    err: expect.stringContaining('is not an id of a Room'),
  })
  expect(await examine(databaseUrl)).toMatch(/^✓ events: verified \d+ of \d+ rooms and users$/)
})

test.for([
  ['another time', `update events set at = at + interval '1 second' where topic_id = $1 and seq = 2`, 2],
  ['another subject', 'update events set subject = topic_id where topic_id = $1 and seq = 3', 3],
  ['a kind that was never written', `update events set kind = 'ROOM_UPDATED' where topic_id = $1 and seq = 3`, 3],
  ['a hole', 'delete from events where topic_id = $1 and seq = 2', 2],
  ['no end', 'delete from events where topic_id = $1 and seq = 4', 4],
  ['no start', 'delete from events where topic_id = $1 and seq = 1', 1],
  ['another head', `update topics set chain = '\\x0123456789abcdef' where id = $1`, 4],
  ['no events at all', 'delete from events where topic_id = $1', 1],
] as const)('a feed with %s breaks, at a number that is printed', async ([, change, seq], { one, databaseUrl }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  for (const body of ['one', 'two', 'three']) await send(ada, roomId, body)
  const client = await connect(databaseUrl)
  await client.query(change, [uuidOf(roomId)])
  for (const args of [['verify'], ['verify', '--room', roomId]]) {
    const { code, out } = await kabar(databaseUrl, args)
    expect(code).toBe(1)
    expect(out).toContain(`${roomId} breaks at event ${seq}\nVerified `)
  }
  expect(await examine(databaseUrl)).toContain('✗ events')
  // so that the database is whole at the end of this file
  await client.query('delete from events where topic_id = $1', [uuidOf(roomId)])
  await client.query('update topics set floor = head where id = $1', [uuidOf(roomId)])
})

test('of a feed that was trimmed what is kept is verified', async ({ one, databaseUrl }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  for (const body of ['one', 'two', 'three']) await send(ada, roomId, body)
  const client = await connect(databaseUrl)
  const trim = async (floor: number) => {
    await client.query('delete from events where topic_id = $1 and seq <= $2', [uuidOf(roomId), floor])
    await client.query('update topics set floor = $2 where id = $1', [uuidOf(roomId), floor])
  }
  for (const floor of [2, 4]) {
    await trim(floor)
    expect((await kabar(databaseUrl, ['verify', '--room', roomId])).out).toMatch(`Verified ${4 - floor} events`)
  }
})

test('more events than one step reads are verified, and more breaks than are printed are counted', async ({
  one,
  databaseUrl,
}) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const count = verifyLimits.eventsPerRead + 5
  await Promise.all(Array.from({ length: count }, (_, index) => send(ada, roomId, `${index}`)))
  const { out } = await kabar(databaseUrl, ['verify', '--room', roomId])
  expect(out).toMatch(`Verified ${(count + 1).toLocaleString('en')} events of 1 rooms`)
  const client = await connect(databaseUrl)
  const others = await Promise.all(Array.from({ length: verifyLimits.breaksShownMax + 2 }, () => makeRoom(ada)))
  const ids = others.map(uuidOf)
  await client.query(`update events set at = at + interval '1 second' where topic_id = any($1)`, [ids])
  const broken = await kabar(databaseUrl, ['verify'])
  expect(broken.out.match(/breaks at event 1$/gm)).toHaveLength(verifyLimits.breaksShownMax)
  expect(broken.out).toContain('\n… and 2 more\n')
  for (const id of ids) await rewriteHistory(client, id)
  expect(doctorLimits.verifiedEvents).toBeLessThan(count)
  expect(await examine(databaseUrl)).toContain('✓ events')
})
