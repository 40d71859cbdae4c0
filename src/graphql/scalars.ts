import { GraphQLError } from 'graphql'
import { badInput } from '../errors.ts'
import { decodeCursor, type GivenCursor } from '../feed/cursor.ts'
import { builder } from './builder.ts'

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/

builder.scalarType('DateTime', {
  description: 'A timestamp: RFC 3339 text in UTC with milliseconds, such as `2026-01-31T12:00:00.000Z`.',
  serialize: (value) => value.toISOString(),
  parseValue(value) {
    const date = typeof value === 'string' && rfc3339.test(value) ? new Date(value) : null
    if (!date || Number.isNaN(date.getTime())) {
      throw new GraphQLError('A DateTime is RFC 3339 text, such as "2026-01-31T12:00:00.000Z".', {
        extensions: { code: 'BAD_USER_INPUT' },
      })
    }
    return date
  },
})

builder.scalarType('EventCursor', {
  description:
    'A position in a feed, as opaque text. Keep the newest one that you have seen and subscribe `after` it: you get everything since, on any server.',
  serialize: (value) => value,
  parseValue(value) {
    if (typeof value !== 'string') {
      throw new GraphQLError('An EventCursor is text that the server returned.', {
        extensions: { code: 'BAD_USER_INPUT' },
      })
    }
    return value
  },
})

/**
 * Decodes a cursor from a client.
 *
 * @throws AppError BAD_USER_INPUT when it is not one.
 */
export function parseCursor(text: string | null | undefined, path: string): GivenCursor | null {
  if (text === null || text === undefined) return null
  const cursor = decodeCursor(text)
  if (!cursor) throw badInput(path, 'is not a cursor of a feed. Use an eventCursor or the cursor of an event.')
  return cursor
}
