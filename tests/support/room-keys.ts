// The keys of the database that do not begin with a room, and why each may stay so.

import type { Db } from '../../src/database/client.ts'

const byId = 'its ids end as that of their room does, so an id names the part of the room'
const byMessage = 'it begins with the id of a message, which ends as that of its room does'
const byCode = 'a code is looked up without its room: with shards it becomes a table of codes and rooms'
const ofUser = 'its rows belong to a user, and stay where users are'

/**
 * The keys that are unique without a room, with the reason. With shards each becomes one, as docs/sharding.md says.
 *
 * Begin the keys of new tables with `room_id` or `topic_id`. Something that must be unique among all rooms is a table of its own.
 */
export const keptKeys: Readonly<Record<string, string>> = {
  audit_events_pkey: 'its rows outlast rooms, and operators read them without one',
  group_mentions_pkey: byMessage,
  invites_code_key: byCode,
  invites_pkey: byId,
  media_pkey: ofUser,
  media_storage_key_key: 'the keys of files are random',
  media_thumbnail_key_key: 'the keys of files are random',
  mentions_pkey: byMessage,
  message_edits_pkey: byId,
  messages_pkey: byId,
  reactions_pkey: byMessage,
  reports_message_id_reporter_id_key: byMessage,
  reports_pkey: byId,
  room_invitations_pkey: byId,
  room_visits_pkey: byId,
  rooms_code_key: byCode,
  rooms_direct_low_id_direct_high_id_key:
    'a pair is looked up without its room: with shards it becomes a table of pairs',
  saved_messages_pkey: ofUser,
}

/** Lists the tables whose keys are kept because their ids end as that of their room does. */
export function tablesById(): string[] {
  return Object.entries(keptKeys).flatMap(([key, reason]) => (reason === byId ? [key.replace(/_pkey$/, '')] : []))
}

/**
 * Finds the keys of what is in rooms that do not begin with a room, sorted: primary keys, unique constraints and indexes.
 *
 * A table is in rooms when it has a column for a room, a topic or a message, or refers to one that is. Users are not, though
 * they are topics: with shards all of them are in one place.
 */
export async function keysWithoutRoom(db: Db): Promise<string[]> {
  const rows = await db.$queryRaw<{ key: string }[]>`
    with recursive in_rooms (id) as (
      select attrelid
      from pg_attribute
      join pg_class on pg_class.oid = attrelid
      where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
        and (attname in ('room_id', 'topic_id', 'message_id') or relname in ('rooms', 'topics'))
      union
      select conrelid
      from in_rooms
      join pg_constraint on confrelid = in_rooms.id and contype = 'f'
      where conrelid <> 'users'::regclass
    )
    select pg_class.relname as key
    from (select distinct id from in_rooms where id <> 'users'::regclass) as in_rooms
    join pg_index on indrelid = in_rooms.id and indisunique
    join pg_class on pg_class.oid = indexrelid
    left join pg_attribute on attrelid = indrelid and attnum = indkey[0]
    where attname is null
      or attname not in ('room_id', 'topic_id')
      and not (attname = 'id' and indrelid in ('rooms'::regclass, 'topics'::regclass))
    order by pg_class.relname`
  return rows.map(({ key }) => key)
}
