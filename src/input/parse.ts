import { z } from 'zod'
import type { DatabaseClock } from '../database/clock.ts'
import { AppError } from '../errors.ts'

/**
 * Checks the shape of an input, the first thing after who may.
 *
 * @throws AppError BAD_USER_INPUT that names every fault.
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input, {
    error: ({ input: value }) => (value === null ? 'may not be null' : undefined),
  })
  if (result.success) return result.data
  const fields = result.error.issues.map((issue) => ({ path: issue.path.join('.') || 'input', message: issue.message }))
  throw new AppError('BAD_USER_INPUT', fields.map((field) => `${field.path}: ${field.message}`).join('; '), { fields })
}

const dayMs = 86_400_000

/**
 * A moment that is still to come, in at most so many days.
 *
 * @param clock the time of PostgreSQL, by which the moment will come.
 */
export function momentAhead({ now }: Pick<DatabaseClock, 'now'>, daysMax: number) {
  return z
    .date()
    .refine((at) => at.getTime() > now(), 'must be still to come')
    .refine((at) => at.getTime() <= now() + daysMax * dayMs, `may be at most ${daysMax} days ahead`)
}
