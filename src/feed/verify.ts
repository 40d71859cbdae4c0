import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { chainOfNothing, findBreak } from './chain.ts'
import { type Page, readAfter } from './events.ts'

/** A stretch of a feed to verify: the events above a number. From 0 it is the whole feed. */
export interface Stretch {
  readonly topicId: string
  readonly after: number
}

/** The result of a verification. */
export interface Verified {
  /** The verified events. */
  readonly events: number
  /** The first event of each feed that does not follow the one before it, or is missing. */
  readonly breaks: readonly { readonly topicId: string; readonly seq: number }[]
}

/** A stretch under way, with the chain at its start: null where that event is not kept. */
interface Walk extends Stretch {
  readonly chain: string | null
}

/**
 * Recomputes the chains of feeds and compares them with what is stored.
 *
 * Writes nothing, and runs beside servers. Of a feed that was trimmed the first kept chain is taken as given.
 */
export async function verifyFeeds(sql: Sql, stretches: readonly Stretch[], eventsPerRead: number): Promise<Verified> {
  const breaks: { topicId: string; seq: number }[] = []
  let events = 0
  let walks = stretches.map((stretch): Walk => ({ ...stretch, chain: stretch.after === 0 ? chainOfNothing : null }))
  while (walks.length > 0) {
    const pages = await readAfter(sql, walks, eventsPerRead)
    walks = walks.flatMap((walk) => {
      const page = pages.get(walk.topicId)
      // it was deleted meanwhile
      if (!page) return []
      events += page.events.length
      const seq = findBreakIn(page, walk)
      if (seq !== null) breaks.push({ topicId: walk.topicId, seq })
      const last = page.events.at(-1)
      if (seq !== null || !last || last.seq === page.head) return []
      return [{ topicId: walk.topicId, after: last.seq, chain: last.chain }]
    })
  }
  return { events, breaks }
}

/** Finds the number of the first event that does not follow; null when all do, up to the head if the page reaches it. */
function findBreakIn({ head, floor, chain, events }: Page, walk: Walk): number | null {
  const isTrimmed = floor > walk.after
  const from = { seq: isTrimmed ? floor : walk.after, chain: isTrimmed ? null : walk.chain }
  const [first] = events
  if (!first) {
    if (from.seq < head) return from.seq + 1
    return from.seq === head && from.chain !== null && from.chain !== chain ? head : null
  }
  if (first.seq !== from.seq + 1) return from.seq + 1
  const given = from.chain === null ? first : { seq: from.seq, chain: from.chain }
  const broken = findBreak(given, from.chain === null ? events.slice(1) : events)
  // a missing event shows at the one after it
  if (broken) return Math.min(broken.seq, 1 + events.indexOf(broken) + from.seq)
  const last = events.at(-1) ?? first
  return last.seq === head && last.chain !== chain ? head : null
}

/** A topic to verify. */
export interface TopicToVerify {
  readonly id: string
  readonly head: number
  readonly isRoom: boolean
}

/** Counts all topics. */
export async function countTopics(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }>(Prisma.sql`
    -- countTopics: every row of topics; the command has no Prisma
    select count(*)::int as count
    from topics`)
  return row?.count ?? 0
}

/** Reads the next page of topics in the order of their ids. */
export async function readTopicsToVerify(
  sql: Sql,
  { afterId, take }: { afterId: string | null; take: number },
): Promise<TopicToVerify[]> {
  const rows = await sql<TopicToVerify & { head: unknown }>(Prisma.sql`
    -- readTopicsToVerify: topics_pkey and rooms_pkey, take rows
    select id, head, exists (select from rooms where rooms.id = topics.id) as "isRoom"
    from topics
    where ${afterId}::uuid is null or id > ${afterId}::uuid
    order by id
    limit ${take}`)
  return rows.map((row) => ({ ...row, head: Number(row.head) }))
}

/** Reads some topics with events. Its time does not depend on how many there are. */
export async function sampleTopics(sql: Sql, take: number): Promise<TopicToVerify[]> {
  const [table] = await sql<{ rows: number }>(Prisma.sql`
    -- sampleTopics, size: one row of pg_class; as PostgreSQL estimates it
    select reltuples::float8 as rows from pg_class where oid = 'topics'::regclass`)
  // some topics have no events, and a page of the table has many topics
  const percent = Math.min(100, (100 * sampledPerTaken * take) / Math.max(1, table?.rows ?? 1))
  const rows = await sql<TopicToVerify & { head: unknown }>(Prisma.sql`
    -- sampleTopics: some pages of topics, and rooms_pkey
    select id, head, exists (select from rooms where rooms.id = topics.id) as "isRoom"
    from topics tablesample system (${percent}::real)
    where head > floor
    limit ${take}`)
  return rows.map((row) => ({ ...row, head: Number(row.head) }))
}

/** Topics to look at for each that is taken. */
const sampledPerTaken = 20
