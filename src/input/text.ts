import { z } from 'zod'

const controls = /\p{Cc}/u
const bidi = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/u
/** What shows: neither white space nor a control, nor what only forms other characters, nor Braille without dots. */
const visible = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u

/** Whether nothing of a text shows. */
export function isBlank(text: string): boolean {
  return !visible.test(text)
}

/** Whether PostgreSQL can store the text as it is. It takes no U+0000, and no half of a surrogate pair. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

const notStorable = 'is not well-formed Unicode, or contains U+0000'

/** Text that PostgreSQL stores as it is. */
export const storableText = z.string().refine(isStorable, notStorable)

/** So many UTF-16 units may become one character: a letter with its marks, each written with two. */
const unitsPerCharacter = 8

/** Text that can be normalized, which takes the square of its length: what is far too long is refused before. */
function boundedText(lengthMax: number) {
  return storableText.refine(
    (text) => text.length <= lengthMax * unitsPerCharacter,
    `may have at most ${lengthMax} characters`,
  )
}

/** What somebody searches for: trimmed, in NFC. `lengthMax` counts Unicode code points. */
export function searchText(lengthMax: number) {
  return boundedText(lengthMax)
    .transform((text) => text.normalize('NFC').trim())
    .refine((text) => [...text].length <= lengthMax, `may have at most ${lengthMax} characters`)
}

/** How long a text may be. */
interface BodyBounds {
  lengthMax: number
  /** Four for each code point when not given: what UTF-8 takes at the most. */
  bytesMax?: number
  mayBeBlank?: boolean
}

/** Text of any lines, as it is; `lengthMax` counts Unicode code points. */
export function bodyText({ lengthMax, bytesMax = lengthMax * 4, mayBeBlank = false }: BodyBounds) {
  return z.string().superRefine((text, { addIssue }) => {
    if (!isStorable(text)) addIssue(notStorable)
    if (!mayBeBlank && isBlank(text)) addIssue('may not be blank')
    // a short text in UTF-16 cannot be long in code points: most are not counted
    if (text.length > lengthMax && [...text].length > lengthMax) addIssue(`may have at most ${lengthMax} characters`)
    if (text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax) {
      addIssue(`may have at most ${bytesMax} bytes in UTF-8`)
    }
  })
}

/** Text of any lines that there need not be: a blank one is none. */
export function optionalText(lengthMax: number) {
  return z.preprocess(
    (text) => (typeof text === 'string' && isBlank(text) && isStorable(text) ? null : text),
    bodyText({ lengthMax }).nullable(),
  )
}

/**
 * A name that is shown to others.
 *
 * One line, trimmed, in NFC, without characters that control or turn the text. `lengthMax` counts Unicode code points.
 */
export function nameText(lengthMax: number) {
  return boundedText(lengthMax)
    .refine((text) => !controls.test(text), 'may not contain control characters')
    .refine((text) => !bidi.test(text), 'may not contain characters that change the direction of text')
    .transform((text) => text.normalize('NFC').trim())
    .refine((text) => !isBlank(text), 'may not be blank')
    .refine((text) => [...text].length <= lengthMax, `may have at most ${lengthMax} characters`)
}
