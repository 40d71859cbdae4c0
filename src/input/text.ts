import { z } from 'zod'

const controls = /\p{Cc}/u
const bidi = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u
/** Visible characters: no white space, control, combining or format character, and no blank Braille. */
const visible = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u

/** Tells whether a text has no visible character. */
export function isBlank(text: string): boolean {
  return !visible.test(text)
}

/** Tells whether PostgreSQL can store a text: without U+0000 and lone surrogates. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

const notStorable = 'is not well-formed Unicode, or contains U+0000'

/** Text that PostgreSQL can store unchanged. */
export const storableText = z.string().refine(isStorable, notStorable)

/** UTF-16 units that may become one character: a letter with its marks, each written with two. */
const unitsPerCharacter = 8

/** Text that is short enough to normalize. Normalizing takes quadratic time, so far too long texts are refused first. */
function boundedText(lengthMax: number) {
  return storableText.refine(
    (text) => text.length <= lengthMax * unitsPerCharacter,
    `may have at most ${lengthMax} characters`,
  )
}

/** A search query: trimmed, in NFC. `lengthMax` counts Unicode code points. */
export function searchText(lengthMax: number) {
  return boundedText(lengthMax)
    .transform((text) => text.normalize('NFC').trim())
    .refine((text) => [...text].length <= lengthMax, `may have at most ${lengthMax} characters`)
}

/** Bounds of the length of a text. */
interface BodyBounds {
  lengthMax: number
  /** Default: four per code point, the maximum of UTF-8. */
  bytesMax?: number
  mayBeBlank?: boolean
}

/** Text of one or more lines, unchanged. `lengthMax` counts Unicode code points. */
export function bodyText({ lengthMax, bytesMax = lengthMax * 4, mayBeBlank = false }: BodyBounds) {
  return z.string().superRefine((text, { addIssue }) => {
    if (!isStorable(text)) addIssue(notStorable)
    if (!mayBeBlank && isBlank(text)) addIssue('may not be blank')
    // a text that is short in UTF-16 is short in code points too: most texts are not counted
    if (text.length > lengthMax && [...text].length > lengthMax) addIssue(`may have at most ${lengthMax} characters`)
    if (text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax) {
      addIssue(`may have at most ${bytesMax} bytes in UTF-8`)
    }
  })
}

/** Optional text of one or more lines. A blank text becomes null. */
export function optionalText(lengthMax: number) {
  return z.preprocess(
    (text) => (typeof text === 'string' && isBlank(text) && isStorable(text) ? null : text),
    bodyText({ lengthMax }).nullable(),
  )
}

/**
 * A display name.
 *
 * One line, trimmed, in NFC, without control and bidirectional characters. `lengthMax` counts Unicode code points.
 */
export function nameText(lengthMax: number) {
  return boundedText(lengthMax)
    .refine((text) => !controls.test(text), 'may not contain control characters')
    .refine((text) => !bidi.test(text), 'may not contain characters that change the direction of text')
    .transform((text) => text.normalize('NFC').trim())
    .refine((text) => !isBlank(text), 'may not be blank')
    .refine((text) => [...text].length <= lengthMax, `may have at most ${lengthMax} characters`)
}
