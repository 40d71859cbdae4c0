// Types of environment variables: parse text into a value. A part of config.ts.

import { z } from 'zod'

/** Either `true` or `false`. */
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

/** A whole number from `min` to `max`. */
export const integer = (min: number, max: number) => z.coerce.number().int().min(min).max(max)

/** Items separated by commas; empty text means none. */
export const list = z
  .string()
  .optional()
  .transform((value = '') =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )
