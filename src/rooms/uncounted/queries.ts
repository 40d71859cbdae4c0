// Counts messages that are unread for nobody: system messages and deleted ones. The unread count of a member, which is in
// membership/unread, subtracts those after their read marker, which must not take longer in a room with a million of them.
// So they are also counted in blocks of numbers, and only what is left of a block at its ends is counted message by message.

import type { Sql } from '../../database/sql.ts'
import { Prisma } from '../../generated/prisma/client.ts'

/** The numbers in a block of each size. Each is a power of the smallest. */
const [small, large] = [256, 65_536] as const

/**
 * Records messages that do not count as unread any more.
 *
 * The caller holds the lock of the room's topic, and passes each number only once: a second time would subtract it twice.
 */
export async function addUncounted(
  sql: Sql,
  { roomId, numbers }: { roomId: string; numbers: readonly number[] },
): Promise<void> {
  if (numbers.length === 0) return
  await sql(Prisma.sql`
    -- addUncounted: uncounted_messages_pkey, a row a block
    insert into uncounted_messages (room_id, size, block, count)
    select ${roomId}::uuid, size, number / size, count(*)
    from unnest(${numbers}::integer[]) as number
    cross join unnest(array[${small}::integer, ${large}::integer]) as size
    group by size, number / size
    order by size, number / size
    on conflict (room_id, size, block) do update set count = uncounted_messages.count + excluded.count`)
}

/** The messages after a number, up to another. */
interface Stretch {
  readonly after: Prisma.Sql
  readonly upTo: Prisma.Sql
}

/** Counts the messages of a stretch that do not count as unread. By messages_uncounted_idx. */
const countOneByOne = (roomId: Prisma.Sql, { after, upTo }: Stretch) => Prisma.sql`(
      select count(*)
      from messages
      where messages.room_id = ${roomId} and messages.number > ${after} and messages.number <= ${upTo}
        and (messages.kind = 'SYSTEM' or messages.deleted_at is not null)
    )`

/**
 * Builds the expression of how many messages of a room, up to a number, do not count as unread.
 *
 * By uncounted_messages_pkey, a row for each 65,536 messages and up to 255 more, and messages_uncounted_idx, up to 255 rows.
 */
const uncountedUpTo = (roomId: Prisma.Sql, number: Prisma.Sql) => Prisma.sql`(
    coalesce((
      select sum(blocks.count)
      from uncounted_messages as blocks
      where blocks.room_id = ${roomId} and blocks.size = ${large} and blocks.block < (${number} + 1) / ${large}
    ), 0)
    + coalesce((
      select sum(blocks.count)
      from uncounted_messages as blocks
      where blocks.room_id = ${roomId} and blocks.size = ${small}
        and blocks.block >= (${number} + 1) / ${large} * ${large / small}
        and blocks.block < (${number} + 1) / ${small}
    ), 0)
    + ${countOneByOne(roomId, { after: Prisma.sql`(${number} + 1) / ${small} * ${small} - 1`, upTo: number })}
  )`

/** Builds the expression of how many messages between two numbers do not count. Most members have few to read. */
export const uncountedBetween = (roomId: Prisma.Sql, { after, upTo }: Stretch) => Prisma.sql`(
    case
      when ${upTo} - ${after} <= ${small} then ${countOneByOne(roomId, { after, upTo })}
      else ${uncountedUpTo(roomId, upTo)} - ${uncountedUpTo(roomId, after)}
    end
  )`

/** Builds the expression of how many messages of a room do not count as unread. */
export const uncountedIn = (roomId: Prisma.Sql) => Prisma.sql`coalesce((
    select sum(blocks.count)
    from uncounted_messages as blocks
    where blocks.room_id = ${roomId} and blocks.size = ${large}
  ), 0)::integer`
