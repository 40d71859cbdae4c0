// What other clients of the same PostgreSQL do to us.

import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { splitId } from '../../src/graphql/ids.ts'
import type { Fault, Stage } from '../fault.ts'
import { addMembers } from '../operations.ts'
import { askCounted } from '../writer.ts'

const blockedPerServer = 30

const topicIdsOf = ({ load }: Stage) => load.roomIds.map((id) => splitId(id)?.uuid ?? '').toSorted()

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

/** Somebody locks the same rows in the wrong order, again and again. */
export const deadlocks: Fault = {
  name: 'deadlocks (a rude client locks in the wrong order)',
  expected: 'what PostgreSQL gives up is tried again, or answers SERVICE_UNAVAILABLE',
  async happen(stage) {
    const client = await connect(stage)
    for (const end = Date.now() + stage.faultMs; Date.now() < end; await wait(20)) {
      try {
        await client.query('begin')
        for (const id of topicIdsOf(stage).toReversed()) {
          await client.query('select from topics where id = $1 for update', [id])
          await wait(20)
        }
      } catch {
        // it was the one that was given up
      }
      await client.query('rollback')
    }
    await client.end()
    return undefined
  },
}

/** One write of five fails as under serializable isolation. */
export const serializationFailures: Fault = {
  name: 'serialization failures (raised by a trigger, one write of five)',
  expected: 'the whole work runs again; nothing is done twice',
  async happen({ world, faultMs }) {
    const { query } = world.postgres
    await query(`create function chaos_fail() returns trigger language plpgsql as $$
      begin
        if random() < 0.2 then raise exception 'chaos' using errcode = '40001'; end if;
        return null;
      end $$`)
    await query('create trigger chaos_fail after insert on events for each statement execute function chaos_fail()')
    await wait(faultMs)
    await query('drop function chaos_fail cascade')
    return undefined
  },
}
