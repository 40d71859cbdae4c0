import { z } from 'zod'
import type { DatabaseClock } from '../database/clock.ts'
import { AppError } from '../errors.ts'

/**
 * Validates an input, right after the access check.
 *
 * @throws AppError BAD_USER_INPUT that names every invalid field.
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
 * A date in the future, at most `daysMax` days ahead.
 *
 * @param clock the clock of PostgreSQL, which decides when the moment comes.
 */
export function momentAhead({ now }: Pick<DatabaseClock, 'now'>, daysMax: number) {
  return z
    .date()
    .refine((at) => at.getTime() > now(), 'must be in the future')
    .refine((at) => at.getTime() <= now() + daysMax * dayMs, `may be at most ${daysMax} days ahead`)
}
