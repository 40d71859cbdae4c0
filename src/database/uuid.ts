import * as crypto from 'node:crypto'
import { v7 } from 'uuid'

const native: unknown = 'randomUUIDv7' in crypto ? crypto.randomUUIDv7 : null

/** Creates a UUIDv7. Node.js 26 has it built in, with buffered random bytes. */
export const newUuid: () => string = typeof native === 'function' ? () => String(native()) : () => v7()

/** The last hexadecimal digits of an id that it shares with its room: 12 bits. */
const roomDigits = 3

/**
 * Creates a UUIDv7 for something in a room. It ends as the room's id does.
 *
 * The last 12 bits are those of the room: in `01a22c42-4ab7-76c4-85d1-8cdbe641577b` a message is `01a22c42-4ab9-793f-ad18-b3f7935af77b`.
 * So the id of a room and those of its messages, invites, reports and visits name the same of 4,096 parts, without a look into
 * the database: `('x' || right(id::text, 3))::bit(12)::integer` in SQL. These bits of a room's id are random, so that the
 * parts fill evenly. They never get another meaning, because ids outlive releases: see docs/sharding.md.
 *
 * Of the 74 random bits of a UUIDv7 62 remain. Holders of an id learn 12 bits of the room's, and no more.
 *
 * @param roomId in lower case, as PostgreSQL prints it.
 */
export function newUuidIn(roomId: string): string {
  return newUuid().slice(0, -roomDigits) + roomId.slice(-roomDigits)
}
