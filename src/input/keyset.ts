import { z } from 'zod'
import { badInput } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'

/** The sort key after which a page begins. The list is ordered by a time, then by an id. */
export interface Keyset {
  readonly at: Date
  readonly id: string
}

/** A time that PostgreSQL can store: years start at 1. */
export const keysetTime = z.iso.datetime().refine((text) => !text.startsWith('0000'))

const keyset = z.tuple([keysetTime, z.uuid()])

/**
 * Parses the keyset of a list that is ordered by a time and an id.
 *
 * @returns null at the beginning of the list.
 * @throws AppError BAD_USER_INPUT for a cursor of another list.
 */
export function parseKeyset(keys: readonly string[] | null): Keyset | null {
  if (keys === null) return null
  const { data } = keyset.safeParse(keys)
  if (!data) throw badInput('after', 'is not a cursor of this connection')
  return { at: new Date(data[0]), id: data[1] }
}

const idKeyset = z.tuple([z.uuid()])

/**
 * Parses the keyset of a list that is ordered by an id.
 *
 * @returns null at the beginning of the list.
 * @throws AppError BAD_USER_INPUT for a cursor of another list.
 */
export function parseIdKeyset(keys: readonly string[] | null): string | null {
  if (keys === null) return null
  const { data } = idKeyset.safeParse(keys)
  if (!data) throw badInput('after', 'is not a cursor of this connection')
  return data[0]
}

const numberKeyset = z.tuple([
  z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number)
    .pipe(z.int32()),
])

/**
 * Parses the keyset of a list of messages: the number of a message.
 *
 * @param path the argument that held the cursor, for the error.
 * @returns null at the end from which the list is read.
 * @throws AppError BAD_USER_INPUT for a cursor of another list.
 */
export function parseNumberKeyset(keys: readonly string[] | null, path: 'after' | 'before'): number | null {
  if (keys === null) return null
  const { data } = numberKeyset.safeParse(keys)
  if (!data) throw badInput(path, 'is not a cursor of this connection')
  return data[0]
}

/**
 * Builds the condition that rows come after a keyset. Empty at the beginning of a list.
 *
 * It is left out there instead of being made true: a generic plan could not start an index scan at the keyset.
 *
 * @param keys the keys of a row and an operator, such as `(joined_at, user_id) >`.
 */
export function beyond(keys: Prisma.Sql, after: Keyset | null): Prisma.Sql {
  return after ? Prisma.sql`and ${keys} (${after.at}::timestamptz, ${after.id}::uuid)` : Prisma.empty
}
