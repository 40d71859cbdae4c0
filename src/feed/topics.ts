import type pg from 'pg'
import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** The state of a topic at one moment. */
export interface TopicState {
  readonly topicId: string
  readonly epoch: number
  readonly head: number
  readonly floor: number
  /** The number of a room's newest message. */
  readonly lastNumber: number
}

interface TopicRow {
  id: string
  epoch: number
  head: unknown
  floor: unknown
  last_number: number
}

const toState = (row: TopicRow): TopicState => ({
  topicId: row.id,
  epoch: row.epoch,
  head: Number(row.head),
  floor: Number(row.floor),
  lastNumber: row.last_number,
})

/**
 * Locks topics until the end of the transaction.
 *
 * Locks in order of their ids, so that two writers never deadlock. FOR NO KEY UPDATE, because FOR UPDATE would block
 * every insert that refers to the row.
 */
export async function lockTopics(sql: Sql, topicIds: readonly string[]): Promise<Map<string, TopicState>> {
  const rows = await sql<TopicRow>(Prisma.sql`
    -- lockTopics: topics_pkey
    select id, epoch, head, floor, last_number
    from topics
    where id = any(${topicIds}::uuid[])
    order by id
    for no key update`)
  return new Map(rows.map((row) => [row.id, toState(row)]))
}

/** Reads topics without a lock. Topics that do not exist are missing in the result. */
export async function readTopics(sql: Sql, topicIds: readonly string[]): Promise<Map<string, TopicState>> {
  const rows = await sql<TopicRow>(Prisma.sql`
    -- readTopics: topics_pkey
    select id, epoch, head, floor, last_number
    from topics
    where id = any(${topicIds}::uuid[])`)
  return new Map(rows.map((row) => [row.id, toState(row)]))
}

/** Reads the heads of topics, for a catch-up. */
export async function readHeads(sql: Sql, topicIds: readonly string[]): Promise<TopicState[]> {
  return [...(await readTopics(sql, topicIds)).values()]
}

/**
 * Gives every topic another epoch.
 *
 * After a restore, no client resumes from a cursor that the database never reached.
 *
 * @returns how many topics there are.
 */
export async function renewEpochs(client: Pick<pg.ClientBase, 'query'>): Promise<number> {
  const { rowCount } = await client.query(
    '/* renewEpochs: all rows */ update topics set epoch = floor(random() * 2147483647)::integer',
  )
  return rowCount ?? 0
}
