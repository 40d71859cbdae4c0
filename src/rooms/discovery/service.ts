import { z } from 'zod'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { sqlOfPrisma, tolerateTypingErrors } from '../../database/sql.ts'
import { badInput } from '../../errors.ts'
import { keysetTime } from '../../input/keyset.ts'
import { parseInput } from '../../input/parse.ts'
import { isStorable, searchText } from '../../input/text.ts'
import { type ListedRoom, type ListKeyset, type RoomOrder, readListedRooms } from './queries.ts'

const filterInput = z.object({
  search: searchText(limits.roomNameLengthMax)
    .nullish()
    .transform((text) => text || null),
  categoryId: z
    .uuid()
    .nullish()
    .transform((id) => id ?? null),
  regionId: z
    .uuid()
    .nullish()
    .transform((id) => id ?? null),
  access: z.enum(['OPEN', 'PASSWORD'], { error: 'must be OPEN or PASSWORD: other rooms are not listed' }).nullish(),
})

/** The filter, order and page of `discoverRooms`. */
export interface Discovery {
  filter: { [Name in keyof z.input<typeof filterInput>]: unknown }
  order: RoomOrder
  take: number
  /** The keys after which the page begins, as given by `keysOfKeyset`; null for the start. */
  keyset: readonly string[] | null
}

/**
 * Lists the rooms that anybody may see and join.
 *
 * `roomPolicy.see` shows them to everybody, signed in or not. Archived rooms, and rooms that ban the viewer, are left
 * out.
 *
 * @throws AppError BAD_USER_INPUT, also for a cursor of another list or order.
 */
export async function discoverRooms(
  { db, sql, viewer }: ServiceContext,
  { filter, order, take, keyset }: Discovery,
): Promise<ListedRoom[]> {
  const { access, ...parsed } = parseInput(z.object({ filter: filterInput }), { filter }).filter
  const after = keyset && parseKeyset(order, keyset)
  const viewerId = viewer?.userId ?? null
  const query = { ...parsed, access: access ?? null, viewerId, order, take, after }
  if (query.search === null) return readListedRooms(sql, query)
  return db.$transaction(async (tx) => {
    await tolerateTypingErrors(sqlOfPrisma(tx), limits.nameSimilarityMin)
    return readListedRooms(sqlOfPrisma(tx), query)
  })
}

const keysetKeys = {
  MOST_ACTIVE: keysetTime.transform((text) => new Date(text)),
  NEWEST: keysetTime.transform((text) => new Date(text)),
  MOST_MEMBERS: z.coerce.number().pipe(z.int32()),
  NAME: z.string().refine(isStorable),
} satisfies Record<RoomOrder, z.ZodType<ListKeyset['key']>>

/** Formats the keys of a keyset, for a cursor. */
export function keysOfKeyset(order: RoomOrder, { key, id }: ListKeyset): string[] {
  return [order, key instanceof Date ? key.toISOString() : String(key), id]
}

function parseKeyset(order: RoomOrder, keys: readonly string[]): ListKeyset {
  const keyset = z.tuple([z.literal(order), keysetKeys[order], z.uuid()]).safeParse(keys)
  if (!keyset.success) throw badInput('after', 'is not a cursor of this connection in this order')
  const [, key, id] = keyset.data
  return { key, id }
}
