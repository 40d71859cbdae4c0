import { z } from 'zod'
import type { ServiceContext } from '../../access/context.ts'
import { parseInput } from '../../input/parse.ts'
import { placeTime } from '../../input/keyset.ts'
import { isStorable, searchText } from '../../input/text.ts'
import { limits } from '../../config/config.ts'
import { sqlOfPrisma, tolerateTypingErrors } from '../../database/sql.ts'
import { badInput } from '../../errors.ts'
import { type ListedRoom, type ListPlace, type RoomOrder, readListedRooms } from './queries.ts'

const filterInput = z.object({
  search: searchText(limits.roomNameLengthMax)
    .nullish()
    .transform((text) => text || null),
  categoryId: z.uuid().nullable(),
  regionId: z.uuid().nullable(),
  access: z.enum(['OPEN', 'PASSWORD'], { error: 'can be OPEN or PASSWORD: others are not listed' }).nullish(),
})

/** What rooms are looked for; see `discoverRooms`. */
export interface Discovery {
  filter: { [Name in keyof z.input<typeof filterInput>]: unknown }
  order: RoomOrder
  take: number
  /** The keys of a place in this list to begin after, as `keysOfPlace` gave them; null for the beginning. */
  place: readonly string[] | null
}

/**
 * Lists the rooms that anybody may see and enter.
 *
 * `roomPolicy.see` shows them to all, signed in or not. Rooms that are archived, and those that the viewer is banned
 * from, are left out.
 *
 * @throws AppError BAD_USER_INPUT, also for a cursor of another list or order.
 */
export async function discoverRooms(
  { db, sql, viewer }: ServiceContext,
  { filter, order, take, place }: Discovery,
): Promise<ListedRoom[]> {
  const { access, ...parsed } = parseInput(z.object({ filter: filterInput }), { filter }).filter
  const after = place && parsePlace(order, place)
  const viewerId = viewer?.userId ?? null
  const query = { ...parsed, access: access ?? null, viewerId, order, take, after }
  if (query.search === null) return readListedRooms(sql, query)
  return db.$transaction(async (tx) => {
    await tolerateTypingErrors(sqlOfPrisma(tx), limits.nameSimilarityMin)
    return readListedRooms(sqlOfPrisma(tx), query)
  })
}

const placeKeys = {
  MOST_ACTIVE: placeTime.transform((text) => new Date(text)),
  NEWEST: placeTime.transform((text) => new Date(text)),
  MOST_MEMBERS: z.coerce.number().pipe(z.int32()),
  NAME: z.string().refine(isStorable),
} satisfies Record<RoomOrder, z.ZodType<ListPlace['key']>>

/** Gives the keys of a place, for a cursor. */
export function keysOfPlace(order: RoomOrder, { key, id }: ListPlace): string[] {
  return [order, key instanceof Date ? key.toISOString() : String(key), id]
}

function parsePlace(order: RoomOrder, keys: readonly string[]): ListPlace {
  const place = z.tuple([z.literal(order), placeKeys[order], z.uuid()]).safeParse(keys)
  if (!place.success) throw badInput('after', 'is not a cursor of this connection in this order')
  const [, key, id] = place.data
  return { key, id }
}
