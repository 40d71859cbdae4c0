// Reads of what a paused replica does not have yet: `replica-check.ts <databaseUrl> <replicaUrl> <roomId>
// <serverId>`, in a process of its own, into which a mutant may be built. Prints what was stale.

import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { replicaDefaults } from '../../src/config/database.ts'
import { createReplica } from '../../src/database/read-replica.ts'
import { nameStatements, sqlOf } from '../../src/database/sql.ts'
import { readAfter } from '../../src/feed/events.ts'
import { createReadBehind, createReplicaReader } from '../../src/feed/hub/read-behind.ts'
import { readTopics } from '../../src/feed/topics.ts'
import { Prisma } from '../../src/generated/prisma/client.ts'
import { readHistory } from '../../src/messages/history/service.ts'
import { readProven } from '../../src/messages/search/queries.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'

const patient = { connectMs: 30_000, statementTimeoutMs: 30_000 }
const [databaseUrl = '', url = '', roomId = '', serverId = ''] = process.argv.slice(2)

async function findStale(): Promise<string[]> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  const sql = sqlOf(pool, nameStatements())
  const config = { ...replicaDefaults, ...patient, url, closedMs: 0, ageMsMax: Number.POSITIVE_INFINITY }
  const replica = createReplica({ config, preparedStatements: true, serverId, clock: Date, onChange() {} })
  const metrics = createMetrics()
  const { replica_reads_total: reads } = metrics.counts
  const parts = { lookups: sql, replica, metrics, clock: Date }
  try {
    const { head: seq = 0, chain = '', lastNumber = 0 } = (await readTopics(sql, [roomId])).get(roomId) ?? {}
    const stretch = {
      roomId,
      above: 0,
      upTo: lastNumber,
      take: 10,
      direction: 'forward',
      since: { seq, chain },
    } as const
    const read = async () => (await readHistory(parts, [stretch], 'forward')).flat().map(({ message }) => message)
    let messages = await read()
    // until the replica has been asked
    for (; reads.replica + reads.refused === 0; await wait(10)) messages = await read()
    const after = await readAfter(sql, [{ topicId: roomId, after: seq - 2 }], 1)
    const [begin] = after.get(roomId)?.events ?? []
    const topic = { seq, chain, recent: [], doubted: false }
    const readBehind = createReadBehind({ readPage: createReplicaReader(replica, 4), counts: metrics.counts })
    const page = begin && (await readBehind({ ...begin, group: { topic } }))
    const state = { topicId: roomId, head: seq, floor: 0, chain, lastNumber }
    const found = await readProven(
      replica,
      [state],
      Prisma.sql`select id from messages where room_id = ${roomId}::uuid`,
    )
    const isStale = {
      history: messages.length < lastNumber,
      'catch-up': page?.events.length === 0,
      search: Array.isArray(found) && found.length < lastNumber,
    }
    return Object.entries(isStale).flatMap(([name, isSo]) => (isSo ? [name] : []))
  } finally {
    await replica.close()
    await pool.end()
  }
}

process.stdout.write(`stale: ${(await findStale()).join(', ')}.\n`)
