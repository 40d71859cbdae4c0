import { z } from 'zod'
import { badInput } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** A place in a list that is ordered by a time and then by an id. */
export interface Keyset {
  readonly at: Date
  readonly id: string
}

/** A moment that PostgreSQL knows: its years begin with 1. */
export const keysetTime = z.iso.datetime().refine((text) => !text.startsWith('0000'))

const keyset = z.tuple([keysetTime, z.uuid()])

/**
 * Reads the keys of a place in a list that is ordered by a time and an id.
 *
 * @returns null for the beginning of the list.
 * @throws AppError BAD_USER_INPUT for a cursor of another list.
 */
export function parseKeyset(keys: readonly string[] | null): Keyset | null {
  if (keys === null) return null
  const { data } = keyset.safeParse(keys)
  if (!data) throw badInput('after', 'is not a cursor of this connection')
  return { at: new Date(data[0]), id: data[1] }
}

const numberKeyset = z.tuple([
  z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number)
    .pipe(z.int32()),
])

/**
 * Reads the keys of a place in a list of messages: the number of one.
 *
 * @param path the argument that the cursor was given as, for the error.
 * @returns null for the end that the list is read from.
 * @throws AppError BAD_USER_INPUT for a cursor of another list.
 */
export function parseNumberKeyset(keys: readonly string[] | null, path: 'after' | 'before'): number | null {
  if (keys === null) return null
  const { data } = numberKeyset.safeParse(keys)
  if (!data) throw badInput(path, 'is not a cursor of this connection')
  return data[0]
}

/**
 * The condition that rows come after a place; none at the beginning of a list.
 *
 * It is left out there, and not made true: a plan that is kept for all values could not begin at the place by an index.
 *
 * @param keys the keys of a row and an operator, such as `(joined_at, user_id) >`.
 */
export function beyond(keys: Prisma.Sql, after: Keyset | null): Prisma.Sql {
  return after ? Prisma.sql`and ${keys} (${after.at}::timestamptz, ${after.id}::uuid)` : Prisma.empty
}
