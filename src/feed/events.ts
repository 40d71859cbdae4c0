import type { Sql } from '../database/sql.ts'
import type { EventKind } from '../generated/prisma/client.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** One numbered change of a topic. It holds ids, never text. */
export interface FeedEvent {
  readonly topicId: string
  readonly epoch: number
  readonly seq: number
  readonly kind: EventKind
  readonly actorId: string | null
  /** The id of the message, user, room, session or export that the kind speaks of. */
  readonly subject: string
  readonly at: Date
}

/** An event that is not numbered yet. */
export type NewEvent = Pick<FeedEvent, 'topicId' | 'kind' | 'actorId' | 'subject'>

/** A topic's newest number: what a ring says. */
export interface Ring {
  readonly topicId: string
  readonly head: number
}

/** A part of a topic's feed, with the state of the topic in the same snapshot. */
export interface Page {
  readonly epoch: number
  readonly head: number
  readonly floor: number
  /** In order of seq, without holes, beginning right after the cursor that was asked for. */
  readonly events: readonly FeedEvent[]
}

/** Where to read on: events of the topic with a seq above `after`. */
export interface PageRequest {
  readonly topicId: string
  readonly after: number
}

/**
 * Numbers and inserts events. The only writer of `events`.
 *
 * It moves `head` of their topics, and `last_number` for messages.
 * The caller holds the lock of every topic. Events of one topic get their numbers in the order given.
 */
export async function appendEvents(sql: Sql, events: readonly NewEvent[]): Promise<Ring[]> {
  if (events.length === 0) return []
  const rows = await sql<{ topic_id: string; head: unknown }>(Prisma.sql`
    -- appendEvents: topics_pkey, one row a topic
    with added as (
      select topic_id, kind, actor_id, subject, position
      from unnest(
        ${events.map((event) => event.topicId)}::uuid[],
        ${events.map((event) => event.kind)}::event_kind[],
        ${events.map((event) => event.actorId)}::uuid[],
        ${events.map((event) => event.subject)}::uuid[]
      ) with ordinality as added (topic_id, kind, actor_id, subject, position)
    ), counted as (
      select topic_id, count(*) as events, count(*) filter (where kind = 'MESSAGE_SENT') as messages
      from added
      group by topic_id
    ), moved as (
      update topics
      set head = head + events,
        last_number = last_number + messages,
        active_at = case when messages > 0 then now() else active_at end
      from counted
      where id = topic_id
      returning topic_id, head, head - events as before
    ), inserted as (
      insert into events (topic_id, seq, kind, actor_id, subject, at)
      select topic_id, before + row_number() over (partition by topic_id order by position), kind, actor_id, subject, now()
      from added
      join moved using (topic_id)
    )
    select topic_id, head
    from moved`)
  return rows.map((row) => ({ topicId: row.topic_id, head: Number(row.head) }))
}

interface EventRow {
  topic_id: string
  epoch: number
  head: unknown
  floor: unknown
  seq: unknown
  kind: EventKind | null
  actor_id: string | null
  subject: string | null
  at: Date | null
}

/**
 * Reads on in several topics at once: the only reader of `events`.
 *
 * @returns a page of at most `limit` events for each topic that exists, all of one snapshot.
 */
export async function readAfter(sql: Sql, requests: readonly PageRequest[], limit: number): Promise<Map<string, Page>> {
  const rows = await sql<EventRow>(Prisma.sql`
    -- readAfter: topics_pkey and events_pkey, at most limit rows a topic
    select asked.topic_id, topics.epoch, topics.head, topics.floor, event.seq, event.kind, event.actor_id,
      event.subject, event.at
    from unnest(
      ${requests.map((request) => request.topicId)}::uuid[],
      ${requests.map((request) => request.after)}::bigint[]
    ) as asked (topic_id, after)
    join topics on topics.id = asked.topic_id
    left join lateral (
      select seq, kind, actor_id, subject, at
      from events
      where events.topic_id = asked.topic_id and events.seq > asked.after
      order by seq
      limit ${limit}
    ) as event on true
    order by asked.topic_id, event.seq`)
  const pages = new Map<string, Page & { events: FeedEvent[] }>()
  for (const row of rows) {
    let page = pages.get(row.topic_id)
    if (!page) {
      page = { epoch: row.epoch, head: Number(row.head), floor: Number(row.floor), events: [] }
      pages.set(row.topic_id, page)
    }
    if (row.kind !== null && row.subject !== null && row.at !== null) {
      page.events.push({
        topicId: row.topic_id,
        epoch: row.epoch,
        seq: Number(row.seq),
        kind: row.kind,
        actorId: row.actor_id,
        subject: row.subject,
        at: row.at,
      })
    }
  }
  return pages
}
