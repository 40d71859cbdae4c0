/** The digits of Crockford's base 32. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** Each ten bits as two digits. */
const pairs = Array.from({ length: 1024 }, (_, bits) => `${alphabet.charAt(bits >> 5)}${alphabet.charAt(bits & 31)}`)

/** Where the second and later bytes of a UUID begin to be read in groups of five hexadecimal digits, past its dashes. */
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
 * typeid-js goes through a BigInt, which takes three times as long; an answer has hundreds of ids.
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
