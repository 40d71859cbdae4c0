import { sqlOfPrisma } from '../database/sql.ts'
import { rechain } from '../feed/rechain.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { ServerParts } from '../graphql/context.ts'

/** Rooms whose messages get older times. */
export interface AgedRooms {
  readonly roomIds: readonly string[]
  /** The new code of each room, in the order of the rooms; null keeps the code. */
  readonly codes: readonly (string | null)[]
}

/**
 * Spreads messages over the past days, and sets the codes of the rooms.
 *
 * Runs in one transaction under the locks of the rooms, with a message every few minutes. Numbers and order do not change.
 */
export async function ageRooms({ feed }: ServerParts, { roomIds, codes }: AgedRooms): Promise<void> {
  await feed.write(roomIds, async ({ tx }) => {
    const sql = sqlOfPrisma(tx)
    await sql(Prisma.sql`
      -- ageRooms, messages: messages_room_id_number_key, all messages of the rooms
      update messages
      set created_at = now() - (topics.last_number - number + 1) * interval '7 minutes'
        + mod(number * 7919, 240) * interval '1 second'
      from topics
      where topics.id = messages.room_id and messages.room_id = any(${roomIds}::uuid[])`)
    await sql(Prisma.sql`
      -- ageRooms, events of messages: events_pkey
      update events
      set at = messages.created_at
      from messages
      where messages.room_id = any(${roomIds}::uuid[]) and topic_id = messages.room_id and events.seq = messages.seq`)
    await sql(Prisma.sql`
      -- ageRooms, events of members: events_pkey
      update events
      set at = now() - (topics.last_number + 2) * interval '7 minutes' + seq * interval '1 second'
      from topics
      where topics.id = topic_id and topic_id = any(${roomIds}::uuid[]) and kind = 'MEMBER_JOINED'`)
    await sql(Prisma.sql`
      -- ageRooms, members: members_pkey
      update members
      set joined_at = events.at,
        last_sent_at = (
          select max(created_at) from messages where room_id = members.room_id and author_id = members.user_id
        )
      from events
      where room_id = any(${roomIds}::uuid[]) and topic_id = room_id and kind = 'MEMBER_JOINED' and subject = user_id`)
    await sql(Prisma.sql`
      -- ageRooms, topics: topics_pkey
      update topics
      set active_at = (select max(created_at) from messages where room_id = topics.id)
      where id = any(${roomIds}::uuid[])`)
    await sql(Prisma.sql`
      -- ageRooms, rooms: rooms_pkey
      update rooms
      set code = coalesce(named.code, rooms.code), created_at = first.at, updated_at = first.at,
        active_at = (select active_at from topics where topics.id = rooms.id)
      from unnest(${roomIds}::uuid[], ${codes}::text[]) as named (id, code)
      join lateral (select min(at) as at from events where topic_id = named.id) as first on true
      where rooms.id = named.id`)
    // the times are a part of the chains
    for (const roomId of roomIds) await rechain(sql, roomId)
  })
}
