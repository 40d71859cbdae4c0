// Splits a text into words, and folds case, accents and width. Bodies, file names and queries use this one rule, so that a
// query finds what was indexed. Scripts without spaces are indexed by pairs of characters (`pairsOf`), words with a hyphen
// also as one word (`joinedTo`). PostgreSQL gets finished lexemes: its locale does not matter.

import { limits } from '../../config/config.ts'

/** A word or emoji, or a run of a script without spaces between words. */
export type Token =
  | {
      readonly kind: 'word'
      /** The whole word, such as `dont` for `don’t`, and `camelcase` for `camelCase`. */
      readonly whole: string
      /** Its parts, such as `don` and `t`. Empty when it has only one. */
      readonly parts: readonly string[]
      /** True if only a hyphen is between it and the word before. */
      readonly isHyphenated: boolean
    }
  | { readonly kind: 'run'; readonly signs: readonly string[] }

/** Code points of a word that count: longer words are cut, in texts and in queries alike. */
const wordLengthMax = 64

/** Units of a folded text that are split: some characters decompose into 18. */
const foldedLengthMax = 2 * limits.messageLengthMax

const ascii = /^[\0-\x7f]*$/
const asciiWord = /[A-Za-z0-9]+(?:'[A-Za-z0-9]+)*/g

/** Signs used as apostrophes, some of which Unicode counts as letters, and the quotation mark inside a Hebrew word. */
const apostrophe =
  /[\u0060\u00b4\u02b9\u02bb-\u02bf\u2018\u2019\u201b\u2032\u055a\u05f3\ua78c\uff07]|(?<=\p{sc=Hebr})["\u05f4](?=\p{sc=Hebr})/gu
/** Signs of which a compatibility decomposition would make letters. */
const tradeSign = /[©®℗℠™]/g

/** Scripts that have marks which a writer may omit, beside the marks that scripts share. */
const accented = String.raw`\p{sc=Zinh}\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Arab}\p{sc=Hebr}\p{sc=Syrc}\p{sc=Nkoo}\p{sc=Adlm}`
/** Nuktas, and the tone marks of Thai and Lao. */
const toneMarks = String.raw`\u093c\u09bc\u0a3c\u0abc\u0b3c\u0c3c\u0cbc\u0e47-\u0e4e\u0ec8-\u0ece`
/**
 * Invisible characters, and accents.
 *
 * Vowel signs of Indic and similar scripts, viramas and the voicing marks of kana tell words apart, and stay; so do the marks
 * of the Cyrillic letters й, ў and ї.
 */
const ignored = new RegExp(
  String.raw`[\p{DI}\p{Cf}\u0640\u07fa]|[[\p{M}&&[${accented}${toneMarks}]]--[\u3099\u309a\u0306\u0308]]|(?<![ИиУу])\u0306|(?<![Іі])\u0308`,
  'gv',
)

/** Letters without a decomposition that are also written as others, depending on the keyboard. */
const letters: Readonly<Record<string, string>> = {
  ...{ ø: 'o', Ø: 'O', đ: 'd', Đ: 'D', ð: 'd', Ð: 'D', ł: 'l', Ł: 'L', ħ: 'h', Ħ: 'H', ŧ: 't', Ŧ: 'T' },
  ...{ æ: 'ae', Æ: 'AE', œ: 'oe', Œ: 'OE', þ: 'th', Þ: 'TH' },
  ...{ ی: 'ي', ى: 'ي', ک: 'ك', ہ: 'ه', ە: 'ه', ة: 'ه', ٱ: 'ا' },
}
const letter = new RegExp(`[${Object.keys(letters).join('')}]`, 'g')
const otherDigit = /(?![0-9])\p{Nd}/gu

const unspaced = ['Hani', 'Hira', 'Kana', 'Hang', 'Bopo', 'Thai', 'Laoo', 'Khmr', 'Mymr', 'Tibt', 'Java', 'Bali']
  .concat(['Lana', 'Tale', 'Talu', 'Yiii', 'Tang', 'Nshu'])
  .map((script) => `\\p{scx=${script}}`)
  .join('')
const inWord = String.raw`[[\p{L}\p{N}\p{M}]--[${unspaced}]]`
const anyWord = new RegExp(
  String.raw`(?<run>[[\p{L}\p{N}\p{M}]&&[${unspaced}]]+)|${inWord}+(?:['·]${inWord}+)*|\p{RI}{2}|\p{ExtPict}`,
  'gv',
)
const hyphen = /^[-\u2010]$/
const caseChange = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u
const apart = /['·]/
/** Tells whether an ASCII word may have parts. */
const isOfParts = /'|[a-z][A-Z]|[A-Z]{2}[a-z]/
const none: readonly string[] = []

/** Splits a text into folded words, in order. */
export function splitWords(text: string): Token[] {
  return ascii.test(text) ? splitAscii(text.replaceAll('`', "'")) : splitUnicode(text)
}

/** Pairs each sign of a run with its neighbour; the last sign is alone. */
export function pairsOf(signs: readonly string[]): string[] {
  return signs.map((sign, index) => sign + (signs[index + 1] ?? ''))
}

/** Words with hyphens that are joined. */
const joinedMax = 4

/** Joins words with hyphens, up to a token: `email` for `e-mail`. Null for long chains. */
export function joinedTo(tokens: readonly Token[], last: number): string | null {
  let joined = ''
  for (let index = last; index > last - joinedMax; index--) {
    const token = tokens[index]
    if (token?.kind !== 'word') return null
    joined = token.whole + joined
    if (!token.isHyphenated) return joined
  }
  return null
}

/** The same as `splitUnicode`, for texts that need no folding but of case: nearly all of them, in half the time. */
function splitAscii(text: string): Token[] {
  const tokens: Token[] = []
  let end = -1
  for (const { 0: found, index } of text.matchAll(asciiWord)) {
    const isHyphenated = index === end + 1 && text[end] === '-'
    end = index + found.length
    tokens.push(
      isOfParts.test(found)
        ? toWord(found, isHyphenated)
        : { kind: 'word', whole: cut(found.toLowerCase()), parts: none, isHyphenated },
    )
  }
  return tokens
}

function splitUnicode(text: string): Token[] {
  const tokens: Token[] = []
  const shown = foldMarks(text)
  let end = -1
  for (const { 0: found, index, groups } of shown.matchAll(anyWord)) {
    const isHyphenated = index === end + 1 && hyphen.test(shown.charAt(end))
    end = index + found.length
    if (groups?.run !== undefined) tokens.push({ kind: 'run', signs: [...foldCase(found)] })
    else tokens.push(toWord(found, isHyphenated))
  }
  return tokens
}

function toWord(text: string, isHyphenated: boolean): Token {
  const pieces = text.split(apart).flatMap((piece) => piece.split(caseChange))
  const parts = pieces.map((piece) => cut(foldCase(piece)))
  return { kind: 'word', whole: cut(parts.join('')), parts: parts.length === 1 ? none : parts, isHyphenated }
}

/** Folds the width, the accents and the apostrophes of a text. Case stays, because it separates words. */
function foldMarks(text: string): string {
  return text
    .replace(apostrophe, "'")
    .replace(tradeSign, ' ')
    .replace(ignored, '')
    .normalize('NFKD')
    .slice(0, foldedLengthMax)
    .replace(ignored, '')
    .normalize('NFC')
    .replace(letter, (sign) => letters[sign] ?? sign)
    .replace(otherDigit, toAsciiDigit)
}

/** Folds case. By the upper case first, which ß and ſ share with what they are written as. */
function foldCase(text: string): string {
  return text.toUpperCase().toLowerCase().replaceAll('ς', 'σ')
}

/** Converts a decimal digit of any script. Unicode encodes each set in a row, from zero. */
function toAsciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0
  let zero = code
  while (zero > code - 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--
  return String(code - zero)
}

function cut(word: string): string {
  return word.length <= wordLengthMax ? word : [...word].slice(0, wordLengthMax).join('')
}
