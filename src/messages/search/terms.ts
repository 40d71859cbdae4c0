// The terms of messages, as the index holds them, in the text format of a tsvector.

import type { Mentioned } from '../mentions/service.ts'
import { joinedTo, pairsOf, splitWords, type Token } from './words.ts'

/** The parts of a message by which it is found. */
export interface Searched {
  readonly body: string
  readonly files: readonly { readonly name: string; readonly kind: string }[]
  /** The users whom it mentions. */
  readonly mentionedIds: readonly string[]
  /** True if it mentions all members, who have no mentions of their own. */
  readonly mentionsAll: boolean
}

/** Takes what is searched of the mentions of a message. */
export function toMarks({ mentions, group }: Mentioned): Pick<Searched, 'mentionedIds' | 'mentionsAll'> {
  return { mentionedIds: mentions.map(({ userId }) => userId), mentionsAll: group?.countsForAll ?? false }
}

/** Terms that are no words. Words contain neither colons nor spaces. */
export const marks = {
  link: 'has:link',
  file: 'has:file',
  image: 'has:image',
  everyone: 'to:all',
  mention: (userId: string) => `to:${userId}`,
  author: (userId: string) => `from:${userId}`,
  room: (roomId: string) => `room:${roomId}`,
} as const

/** Positions between the texts of a message, so that no phrase goes from one to the next. */
const gap = 8
const link = /(?:https?:\/\/|\bwww\.)[^\s]/i

/** Lists the terms of a message, as the text of a tsvector. */
export function termsOf({ body, files, mentionedIds, mentionsAll }: Searched): string {
  const terms: string[] = []
  let position = 1
  for (const text of [body, ...files.map(({ name }) => name)]) position = addWords(terms, text, position) + gap
  if (link.test(body)) terms.push(quote(marks.link))
  if (files.length > 0) terms.push(quote(marks.file))
  if (files.some(({ kind }) => kind === 'IMAGE')) terms.push(quote(marks.image))
  if (mentionsAll) terms.push(quote(marks.everyone))
  for (const userId of mentionedIds) terms.push(quote(marks.mention(userId)))
  return terms.join(' ')
}

/** Quotes a lexeme for tsvector and tsquery. No lexeme contains a quote or a backslash. */
export const quote = (lexeme: string) => `'${lexeme}'`

/** Adds the words of a text, from a position on. Returns the next free position. */
function addWords(terms: string[], text: string, from: number): number {
  let position = from
  const add = (lexeme: string) => terms.push(`'${lexeme}':${position}`)
  const tokens = splitWords(text)
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'run') {
      // a sign with its neighbour: any part of the run is a phrase of such pairs
      for (const pair of pairsOf(token.signs)) {
        add(pair)
        position++
      }
      continue
    }
    add(token.whole)
    for (const part of token.parts) add(part)
    const isLast = !isHyphenated(tokens[index + 1])
    if (token.isHyphenated && isLast) {
      const joined = joinedTo(tokens, index)
      if (joined !== null) add(joined)
    }
    position++
  }
  return position
}

const isHyphenated = (token: Token | undefined) => token?.kind === 'word' && token.isHyphenated
