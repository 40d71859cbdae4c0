import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { chainOfNothing } from './chain.ts'

/** The state of a topic at one moment. */
export interface TopicState {
  readonly topicId: string
  readonly head: number
  readonly floor: number
  /** The chain of the event at the head. */
  readonly chain: string
  /** The number of a room's newest message. */
  readonly lastNumber: number
}

/** The state of a topic without events. */
export const newTopic = (topicId: string): TopicState => ({
  ...{ topicId, head: 0, floor: 0, chain: chainOfNothing, lastNumber: 0 },
})

/**
 * The condition that a database has a position of a topic, in the same history.
 *
 * For a statement that joins `topics` with rows `wanted (seq, chain)`; the chain is in hexadecimal digits.
 */
export const hasPosition = Prisma.sql`(
  (topics.head = wanted.seq and topics.chain = decode(wanted.chain, 'hex'))
  or exists (
    select from events
    where events.topic_id = topics.id and events.seq = wanted.seq and events.chain = decode(wanted.chain, 'hex')
  )
)`

interface TopicRow {
  id: string
  head: unknown
  floor: unknown
  chain: string
  last_number: number
}

const toState = (row: TopicRow): TopicState => ({
  topicId: row.id,
  head: Number(row.head),
  floor: Number(row.floor),
  chain: row.chain,
  lastNumber: row.last_number,
})

/** Topics that stay locked until the end of the transaction. */
export interface LockedTopics {
  readonly topics: ReadonlyMap<string, TopicState>
  /** The time of PostgreSQL after the last of them was locked; null when there is none. */
  readonly at: Date | null
}

/**
 * Locks topics until the end of the transaction.
 *
 * Locks in order of their ids, so that two writers never deadlock. FOR NO KEY UPDATE, because FOR UPDATE would block
 * every insert that refers to the row.
 */
export async function lockTopics(sql: Sql, topicIds: readonly string[]): Promise<LockedTopics> {
  const rows = await sql<TopicRow & { at: Date }>(Prisma.sql`
    -- lockTopics: topics_pkey; the time is read after the wait for the lock
    with locked as materialized (
      select id, head, floor, chain, last_number
      from topics
      where id = any(${topicIds}::uuid[])
      order by id
      for no key update
    )
    select id, head, floor, encode(chain, 'hex') as chain, last_number, clock_timestamp()::timestamptz(3) as at
    from locked`)
  return { topics: new Map(rows.map((row) => [row.id, toState(row)])), at: rows.at(-1)?.at ?? null }
}

/** Reads topics without a lock. Topics that do not exist are missing in the result. */
export async function readTopics(sql: Sql, topicIds: readonly string[]): Promise<Map<string, TopicState>> {
  const rows = await sql<TopicRow>(Prisma.sql`
    -- readTopics: topics_pkey; for every page
    select id, head, floor, encode(chain, 'hex') as chain, last_number
    from topics
    where id = any(${topicIds}::uuid[])`)
  return new Map(rows.map((row) => [row.id, toState(row)]))
}

/** Reads the heads of topics, for a catch-up. */
export async function readHeads(sql: Sql, topicIds: readonly string[]): Promise<TopicState[]> {
  return [...(await readTopics(sql, topicIds)).values()]
}
