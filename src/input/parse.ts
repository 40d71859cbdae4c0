import { z } from 'zod'
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
 * A moment in the future, at most `daysMax` days from now.
 *
 * @param now returns the time of PostgreSQL, by which the moment is judged.
 */
export function momentAhead(now: () => number, daysMax: number) {
  return z
    .date()
    .refine((at) => at.getTime() > now(), 'must be in the future')
    .refine((at) => at.getTime() <= now() + daysMax * dayMs, `may be at most ${daysMax} days ahead`)
}
