// Fills `messages` and `events` with very many rows, past the server and without foreign keys, so that it takes minutes.

import pg from 'pg'
import type { SeededRoom, SeededUser } from './seed.ts'

/** The rooms that are filled, and how far. */
export interface Filling {
  readonly authors: readonly SeededUser[]
  /** A room that gets half of the messages, as if its events had been trimmed. */
  readonly long: SeededRoom
  /** Rooms that share the other half, and all events. */
  readonly others: readonly SeededRoom[]
  /** The messages in all, and the events. */
  readonly rows: number
}

const body = 'I would like to know when we meet today, and where. Bring the papers!'

/** Fills the tables of a database. The user of its URL must be allowed to set `session_replication_role`. */
export async function fillRows(databaseUrl: string, { authors, long, others, rows }: Filling): Promise<void> {
  const half = rows / 2
  const authorIds = authors.map(({ uuid }) => uuid)
  const [longIds, otherIds] = [[long.uuid], others.map(({ uuid }) => uuid)]
  await withClients(databaseUrl, 2, async ([one, two]) => {
    const { rows: indexes } = await one.query<{ name: string; indexdef: string }>(
      `select indexname as name, indexdef
       from pg_indexes
       where tablename in ('messages', 'events') and indexname not like '%pkey'`,
    )
    for (const { name } of indexes) await one.query(`drop index ${name}`)
    await Promise.all([
      insertMessages(one, { roomIds: longIds, authorIds, count: half }).then(() =>
        insertMessages(one, { roomIds: otherIds, authorIds, count: half }),
      ),
      insertEvents(two, { roomIds: otherIds, authorIds, count: rows }),
    ])
    for (const { indexdef } of indexes) await one.query(indexdef)
    await setHeads(one, { roomIds: longIds, head: half, floor: half, last: half })
    await setHeads(one, {
      ...{ roomIds: otherIds, floor: 0 },
      ...{ head: Math.ceil(rows / others.length), last: Math.ceil(half / others.length) },
    })
    await one.query('vacuum analyze')
  })
}

interface Talk {
  readonly roomIds: readonly string[]
  readonly authorIds: readonly string[]
  readonly count: number
}

/** Inserts messages of rooms in turn, a hundred a second until now; their ids end as those of their rooms do. */
async function insertMessages(client: pg.Client, { roomIds, authorIds, count }: Talk): Promise<void> {
  await client.query(
    `insert into messages (id, room_id, number, seq, author_id, created_at, body, terms_version)
     select (
         lpad(to_hex((extract(epoch from now()) * 1000)::bigint - ($3::bigint - place) * 10), 12, '0') || '7'
           || substr(hash, 1, 3) || '8' || substr(hash, 4, 12) || right(room_id::text, 3)
       )::uuid,
       room_id, number, number, ($2::uuid[])[1 + place % cardinality($2::uuid[])],
       now() - ($3::bigint - place) * interval '10 ms', $4 || ' ' || place, 1
     from (
       select place, md5(place::text) as hash, ($1::uuid[])[1 + place % cardinality($1::uuid[])] as room_id,
         (1 + place / cardinality($1::uuid[]))::integer as number
       from generate_series(0, $3::bigint - 1) as place
     ) as made`,
    [roomIds, authorIds, count, body],
  )
}

async function insertEvents(client: pg.Client, { roomIds, authorIds, count }: Talk): Promise<void> {
  await client.query(
    `insert into events (topic_id, seq, kind, actor_id, subject, at, chain)
     select ($1::uuid[])[1 + place % cardinality($1::uuid[])], 1 + place / cardinality($1::uuid[]), 'MESSAGE_EDITED',
       ($2::uuid[])[1 + place % cardinality($2::uuid[])], md5(place::text)::uuid,
       now() - ($3::bigint - place) * interval '5 ms', '\\x0000000000000000'
     from generate_series(0, $3::bigint - 1) as place`,
    [roomIds, authorIds, count],
  )
}

async function setHeads(
  client: pg.Client,
  { roomIds, head, floor, last }: { roomIds: readonly string[]; head: number; floor: number; last: number },
): Promise<void> {
  await client.query('update topics set head = $2, floor = $3, last_number = $4 where id = any($1)', [
    ...[roomIds, head, floor, last],
  ])
}

async function withClients(url: string, count: 2, run: (clients: [pg.Client, pg.Client]) => Promise<void>) {
  const clients = Array.from({ length: count }, () => new pg.Client(url)) as [pg.Client, pg.Client]
  try {
    for (const client of clients) {
      await client.connect()
      await client.query(`set synchronous_commit = off`)
      await client.query(`set session_replication_role = replica`)
      await client.query(`set maintenance_work_mem = '512MB'`)
    }
    await run(clients)
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
}
