// Much of everything, made by PostgreSQL itself: a place where what grows with a table shows.

import pg from 'pg'
import { type SeededRoom, type SeededUser, seedRooms, seedUsers } from './seed.ts'

/** How much there is. */
export interface Extent {
  /** Messages of the large room. */
  readonly messages: number
  /** Rooms that can be discovered. */
  readonly rooms: number
  /** Members of the crowded room. */
  readonly members: number
  readonly users: number
}

/** The same thing small and large. */
export interface Pair<Thing> {
  readonly small: Thing
  readonly large: Thing
}

/** The rows that `seedScale` makes. */
export interface ScaleStage {
  /** A member of all rooms but those that are there to be discovered. */
  readonly viewer: SeededUser
  /** Another one. */
  readonly author: SeededUser
  /** A member of the crowds alone, who comes and goes. */
  readonly newcomer: SeededUser
  /** Rooms of `messagesInSmall` and of many messages, every tenth with reactions, every twentieth with a file. */
  readonly histories: Pair<SeededRoom>
  /** Rooms of `membersInSmall` and of many members, with `messagesInCrowds` messages that nobody has read. */
  readonly crowds: Pair<SeededRoom>
  /** The member of each crowd who stands in its middle, by when they joined: the keys of a cursor. */
  readonly middles: Pair<readonly [string, string]>
}

/** Messages of the small room. */
export const messagesInSmall = 100
/** Members of the small crowd. */
export const membersInSmall = 10
/** The rooms of the viewer beside the histories and crowds. */
export const ownRooms = 100
/** Messages of each crowd at the beginning. */
export const messagesInCrowds = 20_000

const authorsCount = 20

/** Fills the database. */
export async function seedScale(databaseUrl: string, extent: Extent): Promise<ScaleStage> {
  const users = await seedUsers(databaseUrl, authorsCount + 1)
  const [viewer, author] = users as [SeededUser, SeededUser]
  const newcomer = users.pop() as SeededUser
  const rooms = await seedRooms(databaseUrl, ownRooms + 4, () => users)
  const [short, long, few, many] = rooms as [SeededRoom, SeededRoom, SeededRoom, SeededRoom]
  const client = new pg.Client(databaseUrl)
  await client.connect()
  const run = async (text: string, values: unknown[] = []) => void (await client.query(text, values))
  try {
    await run('set synchronous_commit = off')
    await run(`set maintenance_work_mem = '512MB'`)
    await seedCrowd(run, extent)
    await run(
      `delete from members where room_id = $1 and user_id <> all (
         select user_id from members where room_id = $1 order by user_id limit $2
       )`,
      [few.uuid, membersInSmall - 1],
    )
    await run(
      `insert into members (room_id, user_id, joined_at)
       select $1, id, now() - place * interval '1 second'
       from (select id, row_number() over (order by id) as place from users where username like 'crowd%') as users
       where place <= $2`,
      [many.uuid, extent.members - authorsCount - 1],
    )
    await run('insert into members (room_id, user_id) select unnest($1::uuid[]), $2', [
      [few.uuid, many.uuid],
      newcomer.uuid,
    ])
    await run(
      `update rooms
       set member_count = (select count(*) from members where room_id = rooms.id)
       where id = any($1)`,
      [[few.uuid, many.uuid]],
    )
    const {
      rows: [index],
    } = await client.query<{ indexdef: string }>(
      `select indexdef from pg_indexes where indexname = 'messages_terms_idx'`,
    )
    await run('drop index messages_terms_idx')
    const authorIds = users.map(({ uuid }) => uuid)
    await seedTalk(run, [short.uuid], authorIds, messagesInSmall)
    await seedTalk(run, [long.uuid], authorIds, extent.messages)
    await seedTalk(run, [few.uuid, many.uuid], authorIds, messagesInCrowds)
    await seedTalk(
      run,
      rooms.slice(4).map(({ uuid }) => uuid),
      authorIds,
      20,
    )
    await run(index?.indexdef ?? '')
    await run('vacuum analyze')
    const middleOf = async (room: SeededRoom): Promise<[string, string]> => {
      const { rows } = await client.query<{ joined_at: Date; user_id: string }>(
        `select joined_at, user_id
         from members
         where room_id = $1
         order by joined_at, user_id
         limit 1 offset (select count(*) / 2 - 1 from members where room_id = $1)`,
        [room.uuid],
      )
      return [rows[0]?.joined_at.toISOString() ?? '', rows[0]?.user_id ?? '']
    }
    return {
      viewer,
      author,
      newcomer,
      histories: { small: short, large: long },
      crowds: { small: few, large: many },
      middles: { small: await middleOf(few), large: await middleOf(many) },
    }
  } finally {
    await client.end()
  }
}

type Run = (text: string, values?: unknown[]) => Promise<void>

/** An id whose time is so many seconds ago, as `uuidv7` of newer versions of PostgreSQL makes them. */
const idAgo = (seconds: string, seed: string) => `(
  lpad(to_hex((extract(epoch from now()) * 1000)::bigint - (${seconds})::bigint * 1000), 12, '0') || '7'
    || substr(md5(${seed}), 1, 3) || '8' || substr(md5(${seed}), 4, 15)
)::uuid`

/** Users, and rooms to discover with names of words that are more and less frequent. */
async function seedCrowd(run: Run, { users, rooms }: Extent): Promise<void> {
  await run(
    `with made as materialized (
       select ${idAgo('$1::integer - place', `'user ' || place`)} as id, place from generate_series(1, $1) as place
     ), topic as (
       insert into topics (id) select id from made
     )
     insert into users (id, username, display_name)
     select id, 'crowd' || place, 'Person ' || substr(md5(place::text), 1, 6) || ' ' || place % 1000 from made`,
    [users],
  )
  await run(
    `with made as materialized (
       select ${idAgo('$1::integer - place', `'room ' || place`)} as id, place from generate_series(1, $1) as place
     ), topic as (
       insert into topics (id) select id from made
     )
     insert into rooms (id, code, kind, access, password_hash, name, category_id, region_id, member_count, active_at, created_at)
     select id, translate(upper(lpad(to_hex(place), 8, '0')), '01', 'YZ'), 'GROUP',
       (case place % 10 when 0 then 'PASSWORD' when 1 then 'INVITE' else 'OPEN' end)::room_access,
       case place % 10 when 0 then 'none' end,
       (array['Tea', 'Chess', 'Music', 'Football', 'Gardening'])[1 + place % 5] || ' in '
         || (array['Berlin', 'Jakarta', 'Lagos', 'Lima', 'Quito', 'Riga', 'Zagreb'])[1 + place % 7] || ' '
         || substr(md5(place::text), 1, 5),
       (select array_agg(id order by slug) from categories)[1 + place % (select count(*) from categories)],
       (select array_agg(id order by code) from regions)[1 + place % (select count(*) from regions)],
       abs(hashtext(place::text)) % 200, now() - (abs(hashtext('a' || place)) % 1000000) * interval '1 second',
       now() - ($1::integer - place) * interval '1 second'
     from made`,
    [rooms],
  )
}

/** Messages with one word that all have, some that one in a thousand has, one of its own, and one that the first half has. */
async function seedTalk(run: Run, roomIds: string[], authorIds: string[], count: number): Promise<void> {
  await run(
    `insert into messages (id, room_id, number, seq, author_id, created_at, body, terms, terms_version)
     select made.*, to_tsvector('simple', body), 1
     from (select ${idAgo('$3::integer - number', `room_id::text || number`)}, room_id, number, number,
       ($2::uuid[])[1 + number % cardinality($2::uuid[])],
       now() - ($3::integer - number) * interval '1 second',
       'hello, word' || number % 1000 || ' and own' || number || ': when do we meet today, and where? Bring the papers!'
         || case when number < $3::integer / 2 and $3::integer > ${messagesInCrowds} then ' From the archive.' else '' end as body
     from unnest($1::uuid[]) as room_id, generate_series(1, $3::integer) as number) as made`,
    [roomIds, authorIds, count],
  )
  await run(
    `insert into reactions (message_id, emoji, user_id)
     select messages.id, emoji, user_id
     from messages, unnest(array['👍', '🎉'], ($2::uuid[])[1:2]) as given (emoji, user_id)
     where room_id = any($1) and number % 10 = 0`,
    [roomIds, authorIds],
  )
  await run(
    `insert into media (owner_id, id, message_id, name, kind, mime_type, bytes, storage_key, uploaded_at)
     select author_id, gen_random_uuid(), id, 'papers.pdf', 'FILE', 'application/pdf', 1000, 'bench/' || id, now()
     from messages
     where room_id = any($1) and number % 20 = 0`,
    [roomIds],
  )
  await run(
    `update topics
     set head = $2::integer, floor = $2::integer, last_number = $2::integer, active_at = now() - random() * interval '1 hour'
     where id = any($1)`,
    [roomIds, count],
  )
}

/** Makes a cursor of the keys of a place. */
export const cursorOf = (...keys: readonly (string | number)[]) =>
  Buffer.from(JSON.stringify(keys.map(String))).toString('base64url')
