// How the text of an environment variable becomes a value: a part of config.ts.

import { z } from 'zod'

/** Either `true` or `false`. */
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true')

/** A whole number from `min` to `max`. */
export const integer = (min: number, max: number) => z.coerce.number().int().min(min).max(max)

/** Texts that are separated by commas; none when it is empty. */
export const list = z
  .string()
  .optional()
  .transform((value = '') =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )
