// TypeIDs without the BigInt of typeid-js, which takes three times as long: an answer has hundreds of ids.

import { validate } from 'uuid'

/** The digits of Crockford's base 32. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** Each ten bits as two digits. */
const pairs = Array.from({ length: 1024 }, (_, bits) => `${alphabet.charAt(bits >> 5)}${alphabet.charAt(bits & 31)}`)

/** The positions of the hexadecimal digits after the first byte of a UUID, in groups of five, without its dashes. */
const groups = [
  [2, 3, 4, 5, 6],
  [7, 9, 10, 11, 12],
  [14, 15, 16, 17, 19],
  [20, 21, 22, 24, 25],
  [26, 27, 28, 29, 30],
  [31, 32, 33, 34, 35],
] as const

/**
 * Formats a UUID as the suffix of a TypeID: its 128 bits as 26 digits of base 32.
 *
 * @param uuid in lower case with dashes, as PostgreSQL returns it.
 */
export function typeIdSuffix(uuid: string): string {
  let suffix = pairs[(digitAt(uuid, 0) << 4) | digitAt(uuid, 1)] ?? ''
  for (const [a, b, c, d, e] of groups) {
    const high = (digitAt(uuid, a) << 16) | (digitAt(uuid, b) << 12) | (digitAt(uuid, c) << 8)
    const bits = high | (digitAt(uuid, d) << 4) | digitAt(uuid, e)
    suffix += `${pairs[bits >> 10] ?? ''}${pairs[bits & 1023] ?? ''}`
  }
  return suffix
}

/** The value of a lower-case hexadecimal digit. */
function digitAt(text: string, index: number): number {
  const code = text.charCodeAt(index)
  return code < 58 ? code - 48 : code - 87
}

/** The value of each digit by its character code; -1 for other characters. */
const values = Int8Array.from({ length: 128 }, (_, code) => alphabet.indexOf(String.fromCharCode(code)))

/** Each byte, and each twelve bits, as hexadecimal digits. */
const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const triples = Array.from({ length: 4096 }, (_, bits) => bits.toString(16).padStart(3, '0'))

const suffixLength = 26

/**
 * Parses the suffix of a TypeID.
 *
 * @returns the UUID in lower case with dashes; null when it is not the suffix of one.
 */
export function uuidOfSuffix(suffix: string): string | null {
  if (suffix.length !== suffixLength) return null
  const first = valueAt(suffix, 0)
  let faults = first | valueAt(suffix, 1) | (7 - first)
  let hex = bytes[((first & 7) << 5) | (valueAt(suffix, 1) & 31)] ?? ''
  for (let index = 2; index < suffixLength; index += 4) {
    const a = valueAt(suffix, index)
    const b = valueAt(suffix, index + 1)
    const c = valueAt(suffix, index + 2)
    const d = valueAt(suffix, index + 3)
    faults |= a | b | c | d
    const bits = (((a & 31) << 15) | ((b & 31) << 10) | ((c & 31) << 5) | (d & 31)) & 0xfffff
    hex += `${triples[bits >> 8] ?? ''}${bytes[bits & 255] ?? ''}`
  }
  // a negative value among them, or more than 128 bits
  if (faults < 0) return null
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  return validate(uuid) ? uuid : null
}

/** The value of a digit of base 32; negative for other characters. */
function valueAt(text: string, index: number): number {
  return values[text.charCodeAt(index)] ?? -1
}
