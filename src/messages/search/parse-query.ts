// Parses a search query into the text of a tsquery.

import { limits } from '../../config/config.ts'
import { quote } from './terms.ts'
import { joinedTo, pairsOf, splitWords, type Token } from './words.ts'

/** A search query in forms that PostgreSQL can run. */
export interface ParsedQuery {
  /** A tsquery for the terms of a message. */
  readonly exact: string
  /**
   * A tsquery for the index, which has no positions: everything that matches `exact` matches this.
   *
   * Empty where every message may match, because words are only excluded.
   */
  readonly loose: string
}

/** A word, a phrase, or words without spaces between them. */
interface Operand {
  readonly exact: string
  readonly loose: string
  readonly isExcluded: boolean
}

/** Tells whether a tsquery looks for beginnings. The index collects all words of these. */
export const isOfBeginning = (tsquery: string) => tsquery.includes(':*')

const marks = '"“”„«»'
/** Two hyphens exclude nothing: they are of an option such as `--force`, which is searched as it was pasted. */
const chunk = new RegExp(`(-?)[${marks}]([^${marks}]*)(?:[${marks}]|$)|((?:-(?!-))?)(\\S+)`, 'g')
const or = /^or$/i

/**
 * Parses a query as web searches do.
 *
 * It asks for all words, `"a phrase"`, `or` between alternatives, and `-excluded` words. The last word also matches a
 * beginning, unless it is in a phrase or excluded.
 *
 * @returns null when the query has no words.
 */
export function parseQuery(query: string): ParsedQuery | null {
  const groups: Operand[][] = [[]]
  const chunks = [...query.matchAll(chunk)]
  for (const [index, [, phraseSign, phrase, wordSign, text = '']] of chunks.entries()) {
    const isLast = index === chunks.length - 1
    if (or.test(text) && !isLast && groups.at(-1)?.length) {
      groups.push([])
      continue
    }
    const isPhrase = phrase !== undefined
    const isExcluded = (phraseSign || wordSign) === '-'
    const mayBegin = isLast && !isPhrase && !isExcluded
    const operand = toOperand(splitWords(phrase ?? text), { isPhrase, isExcluded, mayBegin })
    if (operand) groups.at(-1)?.push(operand)
  }
  const alternatives = groups.filter((group) => group.length > 0)
  if (alternatives.length === 0) return null
  const loose = alternatives.map(looseOf)
  return { exact: alternatives.map(exactOf).join(' | '), loose: loose.includes('') ? '' : loose.join(' | ') }
}

const exactOf = (group: readonly Operand[]) =>
  group.map(({ exact, isExcluded }) => (isExcluded ? `!${exact}` : exact)).join(' & ')

/** Asks the index for the longest words, which are the rarest, and for a beginning only where there is nothing else. */
function looseOf(group: readonly Operand[]): string {
  const wanted = group.filter(({ isExcluded }) => !isExcluded).map(({ loose }) => loose)
  const firm = wanted.filter((loose) => !isOfBeginning(loose))
  return longest(firm.length > 0 ? firm : wanted).join(' & ')
}

const longest = (texts: readonly string[]) =>
  texts.toSorted((one, other) => other.length - one.length).slice(0, limits.searchLookupsMax)

interface Asked {
  readonly isPhrase: boolean
  readonly isExcluded: boolean
  /** True if its last word may be the beginning of a longer one. */
  readonly mayBegin: boolean
}

function toOperand(tokens: readonly Token[], { isPhrase, isExcluded, mayBegin }: Asked): Operand | null {
  if (tokens.length === 0) return null
  const { exact, lexemes } = toPhrase(tokens, mayBegin)
  const firm = lexemes.filter((lexeme) => !isOfBeginning(lexeme))
  const loose = longest(firm.length > 0 ? firm : lexemes).join(' & ')
  const joined = isPhrase || tokens.length === 1 ? null : joinChain(tokens)
  if (joined === null) return { exact: `( ${exact} )`, loose: `( ${loose} )`, isExcluded }
  const other = toLexeme(joined, mayBegin)
  return { exact: `( ${exact} | ${other} )`, loose: `( ${loose} | ${other} )`, isExcluded }
}

/** Writes words in a row as a phrase, with the distances between their positions. */
function toPhrase(tokens: readonly Token[], mayBegin: boolean): { exact: string; lexemes: string[] } {
  const lexemes: string[] = []
  let exact = ''
  let distance = 1
  const add = (lexeme: string) => {
    exact += lexemes.length === 0 ? lexeme : ` <${distance}> ${lexeme}`
    lexemes.push(lexeme)
    distance = 1
  }
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'word') {
      add(toLexeme(token.whole, mayBegin && index === tokens.length - 1))
      continue
    }
    const [only = '', ...others] = token.signs
    // one sign is the beginning of its pair; in longer runs, the last sign has a position but is in the pair before
    if (others.length === 0) add(`${quote(only)}:*`)
    else for (const pair of pairsOf(token.signs).slice(0, -1)) add(quote(pair))
    distance = others.length === 0 ? 1 : 2
  }
  return { exact, lexemes }
}

/** Joins words with hyphens that are a whole operand, such as `email` for `e-mail`. */
function joinChain(tokens: readonly Token[]): string | null {
  const isChain = tokens.slice(1).every((token) => token.kind === 'word' && token.isHyphenated)
  return isChain ? joinedTo(tokens, tokens.length - 1) : null
}

/** Writes a word. One letter is not taken for a beginning: too many words have it. */
const toLexeme = (word: string, mayBegin: boolean) => (mayBegin && word.length > 1 ? `${quote(word)}:*` : quote(word))
