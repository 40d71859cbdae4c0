// Trims the feed: deletes the oldest events and raises `floor` to the last deleted number. A client whose cursor is below
// the floor must resync.

import type { Sql } from '../database/sql.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** Selects the events of a topic that are due for deletion. */
export interface Trimming {
  /** Events from before this time. */
  readonly before: Date
  /** Events beyond this many newest ones of their topic. */
  readonly eventsMax: number
}

/** A page of topics in id order, and those of them that have events to trim. */
export interface TopicsToTrim {
  readonly dueIds: readonly string[]
  /** The id after which the next page begins; null after the last topic. */
  readonly lastId: string | null
}

/** Reads the next page of topics. The time of events has no index, which every write would have to maintain. */
export async function readTopicsToTrim(
  sql: Sql,
  { before, eventsMax }: Trimming,
  { afterId, take }: { afterId: string | null; take: number },
): Promise<TopicsToTrim> {
  const rows = await sql<{ id: string; due: boolean }>(Prisma.sql`
    -- readTopicsToTrim: topics_pkey, take rows, and events_pkey, one row a topic
    select page.id,
      page.head - page.floor > ${eventsMax}::bigint or coalesce(oldest.at < ${before}::timestamptz, false) as due
    from (
      select id, head, floor
      from topics
      where ${afterId}::uuid is null or id > ${afterId}::uuid
      order by id
      limit ${take}
    ) as page
    left join lateral (
      select at
      from events
      where events.topic_id = page.id and events.seq > page.floor
      order by seq
      limit 1
    ) as oldest on true
    order by page.id`)
  const lastId = rows.length < take ? null : (rows.at(-1)?.id ?? null)
  return { dueIds: rows.filter((row) => row.due).map((row) => row.id), lastId }
}

/**
 * Deletes some of the oldest events of a topic and raises its floor with them.
 *
 * @returns the number of deleted events; fewer than `take` when no more are due.
 */
export async function trimTopic(
  sql: Sql,
  topicId: string,
  { before, eventsMax, take }: Trimming & { take: number },
): Promise<number> {
  const rows = await sql(Prisma.sql`
    -- trimTopic: topics_pkey and events_pkey, take rows
    with page as materialized (
      select events.seq, events.at < ${before}::timestamptz or events.seq <= topics.head - ${eventsMax}::bigint as due
      from topics
      join events on events.topic_id = topics.id and events.seq > topics.floor
      where topics.id = ${topicId}::uuid
      order by events.seq
      limit ${take}
    ), moved as (
      update topics
      set floor = last.seq
      from (select max(seq) as seq from page where due) as last
      where topics.id = ${topicId}::uuid and topics.floor < last.seq
      returning last.seq
    )
    delete from events
    using moved
    where events.topic_id = ${topicId}::uuid and events.seq <= moved.seq
    returning 1`)
  return rows.length
}
