import { GraphQLError } from 'graphql'
import { badInput } from '../errors.ts'
import { decodeCursor, type GivenCursor } from '../feed/cursor.ts'
import { builder } from './builder.ts'
import type { Context } from './context.ts'

const rfc3339 = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):\d{2})$/

builder.scalarType('DateTime', {
  description: 'A timestamp: RFC 3339 text in UTC with milliseconds, such as `2026-01-31T12:00:00.000Z`.',
  serialize: (value) => value.toISOString(),
  parseValue(value) {
    const date = typeof value === 'string' ? parseTime(value) : null
    if (!date) {
      throw new GraphQLError('A DateTime is RFC 3339 text, such as "2026-01-31T12:00:00.000Z".', {
        extensions: { code: 'BAD_USER_INPUT' },
      })
    }
    return date
  },
})

/** Parses a time; null when it does not exist, such as one on 30 February. */
function parseTime(text: string): Date | null {
  const [, day] = rfc3339.exec(text) ?? []
  const date = new Date(text)
  if (!day || Number.isNaN(date.getTime())) return null
  // Date takes days beyond the end of a month for days of the next one
  return new Date(day).toISOString().startsWith(day) ? date : null
}

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
 * Decodes the cursor after which a subscription resumes.
 *
 * `Last-Event-ID` is newer than the argument of the operation.
 *
 * @throws AppError BAD_USER_INPUT when it is not one.
 */
export function parseAfter({ lastEventId }: Pick<Context, 'lastEventId'>, after: string | null | undefined) {
  return lastEventId ? parseCursor(lastEventId, 'Last-Event-ID') : parseCursor(after, 'after')
}

/**
 * Decodes a cursor from a client.
 *
 * @throws AppError BAD_USER_INPUT when it is not one.
 */
function parseCursor(text: string | null | undefined, path: string): GivenCursor | null {
  if (text === null || text === undefined) return null
  const cursor = decodeCursor(text)
  if (!cursor) throw badInput(path, 'is not a cursor of a feed. Use an eventCursor or the cursor of an event.')
  return cursor
}
