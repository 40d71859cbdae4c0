import { z } from 'zod'
import { badInput } from '../errors.ts'

/** A place in a list that is ordered by a time and then by an id. */
export interface Place {
  readonly at: Date
  readonly id: string
}

const place = z.tuple([z.iso.datetime(), z.uuid()])

/**
 * Reads the keys of a place in a list that is ordered by a time and an id.
 *
 * @returns null for the beginning of the list.
 * @throws AppError BAD_USER_INPUT for a cursor of another list.
 */
export function parsePlace(keys: readonly string[] | null): Place | null {
  if (keys === null) return null
  const { data } = place.safeParse(keys)
  if (!data) throw badInput('after', 'is not a cursor of this connection')
  return { at: new Date(data[0]), id: data[1] }
}
