// Faults by other clients of the same PostgreSQL.

import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { splitId } from '../../src/input/ids.ts'
import type { Fault, Stage } from '../fault.ts'
import { addMembers } from '../operations.ts'
import type { World } from '../world.ts'
import { askCounted } from '../writer.ts'

const blockedPerServer = 30

const uuidOf = (id: string) => splitId(id)?.uuid ?? ''

const topicIdsOf = ({ load }: Stage) => load.roomIds.map(uuidOf).toSorted()

async function connect({ world }: Stage): Promise<pg.Client> {
  const client = new pg.Client(world.postgres.url())
  client.on('error', () => {})
  await client.connect()
  return client
}

/** Locks are held for so long that every connection of every pool waits for one. */
export const poolExhausted: Fault = {
  name: 'the pools exhausted (locks held by a rude client)',
  expected: 'what waits for too long answers SERVICE_UNAVAILABLE; afterwards all goes on',
  faultMsMin: 8_000,
  async happen(stage) {
    const { world, load, faultMs } = stage
    const client = await connect(stage)
    await client.query('begin')
    await client.query('select from topics where id = any($1) for update', [topicIdsOf(stage)])
    const [owner] = world.writers
    const userIds = world.readers.slice(0, 1).map(({ userId }) => userId)
    const operation = { query: addMembers, variables: { roomId: load.roomIds[0], userIds }, token: owner?.token ?? '' }
    const blocked = world.servers.flatMap(({ url }) =>
      Array.from({ length: blockedPerServer }, () => askCounted(load.records, url, operation)),
    )
    await wait(faultMs)
    await client.query('rollback')
    await client.end()
    await Promise.all(blocked)
    return undefined
  },
}

/** Throws unless Kabar met a failure, and tried again rather than to hand all of them on to clients. */
function assertTriedAgain({ load }: Stage, { met, answeredBefore }: { met: number; answeredBefore: number }): void {
  if (met === 0) throw new Error('no write of Kabar was given up by PostgreSQL')
  const answered = unavailableAnswers(load) - answeredBefore
  if (answered >= met) throw new Error(`of ${met} writes that were given up, ${answered} were not tried again`)
}

const unavailableAnswers = ({ records }: Stage['load']) => records.codes.get('SERVICE_UNAVAILABLE') ?? 0

/** Somebody locks the same rows in the wrong order, again and again, and never is the one that is given up. */
export const deadlocks: Fault = {
  name: 'deadlocks (a rude client locks in the wrong order)',
  expected: 'PostgreSQL gives up writes of Kabar, and no others; they are tried again',
  async happen(stage) {
    const { world, load, faultMs } = stage
    const answeredBefore = unavailableAnswers(load)
    const before = await countDeadlocks(world)
    const client = await connect(stage)
    // who looks first is given up: Kabar does so after a second
    await client.query("set deadlock_timeout = '1h'")
    for (const end = Date.now() + faultMs; Date.now() < end; ) await crossOnce(stage, client)
    await client.end()
    let met = 0
    // a connection tells what it has counted a while later, and when it is used
    for (const end = Date.now() + countedMsMax; met === 0 && Date.now() < end; await wait(100)) {
      met = (await countDeadlocks(world)) - before
    }
    assertTriedAgain(stage, { met, answeredBefore })
    return undefined
  },
}

const countedMsMax = 15_000

/** Locks all rooms and a user from the last to the first, while Kabar writes to two of them. */
async function crossOnce(stage: Stage, client: pg.Client): Promise<void> {
  const { world, load, random } = stage
  const [owner, other] = world.writers
  const [roomId] = load.roomIds
  if (!owner || !other || !roomId) throw new Error('a load has two writers and a room')
  const locked = [...topicIdsOf(stage), uuidOf(other.userId)].sort().reverse()
  const [last] = locked.filter((id) => id === uuidOf(roomId) || id === uuidOf(other.userId))
  // who is a member already stays as they are
  const operation = { query: addMembers, variables: { roomId, userIds: [other.userId] }, token: owner.token }
  const url = random.pick(world.servers).url
  let asked: Promise<unknown> | null = null
  await client.query('begin')
  for (const id of locked) {
    await client.query('select from topics where id = $1 for update', [id])
    if (id === last) asked = askCounted(load.records, url, operation)
    await wait(asked ? 50 : 10)
  }
  await client.query('rollback')
  await asked
}

async function countDeadlocks({ postgres }: World): Promise<number> {
  const [row] = await postgres.query<{ count: number }>(
    'select deadlocks::integer as count from pg_stat_database where datname = current_database()',
  )
  return row?.count ?? 0
}

/** One write of five fails as under serializable isolation. */
export const serializationFailures: Fault = {
  name: 'serialization failures (raised by a trigger, one write of five)',
  expected: 'the whole work runs again; nothing is done twice',
  async happen(stage) {
    const { world, load, faultMs } = stage
    const answeredBefore = unavailableAnswers(load)
    const { query } = world.postgres
    // a sequence goes on where a transaction is rolled back
    await query('create sequence chaos_failures')
    await query(`create function chaos_fail() returns trigger language plpgsql as $$
      begin
        if random() < 0.2 then
          perform nextval('chaos_failures');
          raise exception 'chaos' using errcode = '40001';
        end if;
        return null;
      end $$`)
    await query('create trigger chaos_fail after insert on events for each statement execute function chaos_fail()')
    await wait(faultMs)
    await query('drop function chaos_fail cascade')
    const [failures] = await query<{ count: number }>(
      'select case when is_called then last_value else 0 end::integer as count from chaos_failures',
    )
    await query('drop sequence chaos_failures')
    assertTriedAgain(stage, { met: failures?.count ?? 0, answeredBefore })
    return undefined
  },
}
