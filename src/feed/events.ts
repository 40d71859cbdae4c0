import type { Sql } from '../database/sql.ts'
import type { EventKind } from '../generated/prisma/client.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { Position } from './chain.ts'
import type { TopicState } from './topics.ts'

/** A numbered change of a topic. It holds ids, never text. */
export interface FeedEvent extends Position {
  readonly topicId: string
  readonly kind: EventKind
  readonly actorId: string | null
  /** The id of the message, user, room, session or export that changed. */
  readonly subject: string
  readonly at: Date
}

/** An event that is not numbered yet. */
export type NewEvent = Pick<FeedEvent, 'topicId' | 'kind' | 'actorId' | 'subject'>

/** The content of a ring: the newest number of a topic. */
export interface Ring {
  readonly topicId: string
  readonly head: number
  /** The place of the write in its trace, when it is recorded. */
  readonly trace?: string
}

/** Events with their numbers and chains, to store under the locks of their topics. */
export interface Placed {
  readonly events: readonly FeedEvent[]
  /** The states of the topics after them. */
  readonly topics: readonly TopicState[]
}

/** A page of a topic's feed, with the state of the topic in the same snapshot. */
export interface Page extends Pick<TopicState, 'head' | 'floor' | 'chain'> {
  /** In order of seq, without gaps, starting right after the requested cursor. */
  readonly events: readonly FeedEvent[]
}

/** The page to read: events of the topic with a seq above `after`. */
export interface PageRequest {
  readonly topicId: string
  readonly after: number
}

/**
 * Stores events with their numbers and chains. This is the only writer of `events`.
 *
 * Moves `head` and `chain` of their topics, and `last_number` for messages. The caller holds the lock of every topic.
 *
 * @returns the rings to send after COMMIT.
 */
export async function appendEvents(sql: Sql, { events, topics }: Placed): Promise<Ring[]> {
  const [first] = events
  if (!first) return []
  await sql(Prisma.sql`
    -- appendEvents: topics_pkey, one row a topic
    with moved as (
      update topics
      set head = state.head,
        chain = decode(state.chain, 'hex'),
        last_number = state.last_number,
        active_at = case when state.last_number > topics.last_number then now() else active_at end
      from unnest(
        ${topics.map((topic) => topic.topicId)}::uuid[],
        ${topics.map((topic) => topic.head)}::bigint[],
        ${topics.map((topic) => topic.chain)}::text[],
        ${topics.map((topic) => topic.lastNumber)}::integer[]
      ) as state (id, head, chain, last_number)
      where topics.id = state.id
    )
    insert into events (topic_id, seq, kind, actor_id, subject, at, chain)
    select topic_id, seq, kind, actor_id, subject, ${first.at}::timestamptz, decode(chain, 'hex')
    from unnest(
      ${events.map((event) => event.topicId)}::uuid[],
      ${events.map((event) => event.seq)}::bigint[],
      ${events.map((event) => event.kind)}::event_kind[],
      ${events.map((event) => event.actorId)}::uuid[],
      ${events.map((event) => event.subject)}::uuid[],
      ${events.map((event) => event.chain)}::text[]
    ) as placed (topic_id, seq, kind, actor_id, subject, chain)`)
  return topics.map(({ topicId, head }) => ({ topicId, head }))
}

/** A row of `pagesStatement`. */
export interface EventRow {
  topic_id: string
  head: unknown
  floor: unknown
  head_chain: string
  seq: unknown
  kind: EventKind | null
  actor_id: string | null
  subject: string | null
  at: Date | null
  chain: string | null
}

/**
 * Reads pages of several topics at once. This is the only reader of `events`.
 *
 * @returns a page of at most `limit` events for each existing topic, all from one snapshot.
 */
export async function readAfter(sql: Sql, requests: readonly PageRequest[], limit: number): Promise<Map<string, Page>> {
  return toPages(await sql<EventRow>(pagesStatement(requests, { limit })))
}

/** Builds the statement of `readAfter`, which may select a further column. */
export function pagesStatement(
  requests: readonly PageRequest[],
  { limit, column }: { limit: number; column?: Prisma.Sql },
): Prisma.Sql {
  return Prisma.sql`
    -- readAfter: topics_pkey and events_pkey, at most limit rows a topic
    select ${column ? Prisma.sql`${column}, ` : Prisma.empty}asked.topic_id, topics.head, topics.floor, encode(topics.chain, 'hex') as head_chain,
      event.seq, event.kind, event.actor_id, event.subject, event.at, encode(event.chain, 'hex') as chain
    from unnest(
      ${requests.map((request) => request.topicId)}::uuid[],
      ${requests.map((request) => request.after)}::bigint[]
    ) as asked (topic_id, after)
    join topics on topics.id = asked.topic_id
    left join lateral (
      select seq, kind, actor_id, subject, at, chain
      from events
      where events.topic_id = asked.topic_id and events.seq > asked.after
      order by seq
      limit ${limit}
    ) as event on true
    order by asked.topic_id, event.seq`
}

/** Builds the pages from the rows of `pagesStatement`. */
export function toPages(rows: readonly EventRow[]): Map<string, Page> {
  const pages = new Map<string, Page & { events: FeedEvent[] }>()
  for (const row of rows) {
    let page = pages.get(row.topic_id)
    if (!page) {
      page = { head: Number(row.head), floor: Number(row.floor), chain: row.head_chain, events: [] }
      pages.set(row.topic_id, page)
    }
    if (row.kind !== null && row.subject !== null && row.at !== null && row.chain !== null) {
      page.events.push({
        topicId: row.topic_id,
        seq: Number(row.seq),
        kind: row.kind,
        actorId: row.actor_id,
        subject: row.subject,
        at: row.at,
        chain: row.chain,
      })
    }
  }
  return pages
}
