import { z } from 'zod'
import { limits } from '../config/config.ts'

/** ASCII only, so that no two usernames look alike. */
const usernamePattern = /^[a-z0-9][a-z0-9._-]*[a-z0-9]$/
const ascii = /^[\x20-\x7e]*$/

const usernameRule =
  `has ${limits.usernameLengthMin} to ${limits.usernameLengthMax} letters a-z, digits, dots, hyphens or underscores; ` +
  'the first and the last is a letter or digit'

/** A username: trims ASCII white space and converts to lower case. */
export const usernameText = z
  .string()
  .transform(trimAscii)
  // checked before lower-casing, because the Kelvin sign becomes a plain k
  .refine((text) => ascii.test(text), 'may have only letters a-z, digits, dots, hyphens and underscores')
  .transform((text) => text.toLowerCase())
  .refine((text) => text.length <= limits.usernameLengthMax && usernamePattern.test(text), usernameRule)

/** A username for a new account. Older accounts may have shorter ones, which `usernameText` accepts. */
export const newUsernameText = usernameText.refine(
  (text) => text.length >= limits.usernameLengthMin || !usernamePattern.test(text),
  usernameRule,
)

/** An e-mail address in lower case. */
export const emailText = z
  .string()
  .transform(trimAscii)
  .pipe(z.email('is not an e-mail address').max(254, 'has at most 254 characters'))
  .transform((text) => text.toLowerCase())

/** A phone number in E.164 format: a plus sign and 7 to 15 digits. */
export const phoneText = z
  .string()
  .transform(trimAscii)
  .refine((text) => /^\+[1-9]\d{6,14}$/.test(text), 'is not a phone number in E.164 format, such as +6281234567890')

const whiteSpace = new Set(' \t\r\n')

/** Trims ASCII white space. JavaScript's `trim` would also remove invisible Unicode characters. */
export function trimAscii(text: string): string {
  let begin = 0
  let end = text.length
  // not by a regular expression: white space inside a text would take quadratic time
  while (begin < end && whiteSpace.has(text.charAt(begin))) begin++
  while (end > begin && whiteSpace.has(text.charAt(end - 1))) end--
  return text.slice(begin, end)
}
