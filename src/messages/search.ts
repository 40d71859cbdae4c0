import { z } from 'zod'
import { assertCan, assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { parseInput } from '../access/input.ts'
import { isStorable } from '../access/text.ts'
import { limits } from '../config.ts'
import type { Sql } from '../database/sql.ts'
import type { AuthoredMessage } from './queries.ts'
import { type FoundQuery, readFound, readRecent, readSearchedRoomIds } from './search-queries.ts'

/** Scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana and Han, as in the function message_terms. */
const unspaced =
  /[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{3FFFF}]+/gu

const searchInput = z.object({
  query: z
    .string()
    .refine(isStorable, 'is not well-formed Unicode, or contains U+0000')
    .transform((text) => text.normalize('NFC').trim())
    .refine((text) => text !== '', 'may not be blank')
    .refine(
      (text) => [...text].length <= limits.searchLengthMax,
      `may have at most ${limits.searchLengthMax} characters`,
    ),
  roomId: z.uuid().nullable(),
  after: z.uuid('is not a cursor of this connection').nullable(),
})

/** What to find, where, and from which place on. */
export interface SearchMessages {
  query: string
  /** Null for all rooms of the viewer. */
  roomId: string | null
  /** The message to begin after. */
  after: string | null
  take: number
}

/**
 * Searches the messages that the viewer may read.
 *
 * Words as in a web search: all of them, "in a row", one or another, -without. In scripts without spaces every part of a text
 * is found. Neither deleted messages nor those of authors whom the viewer has blocked.
 *
 * @returns the newest first.
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT, NOT_FOUND, FORBIDDEN, RATE_LIMITED
 */
export async function searchMessages(
  context: ServiceContext,
  { take, ...input }: SearchMessages,
): Promise<AuthoredMessage[]> {
  const { userId } = assertSignedIn(context)
  const { query, roomId, after } = parseInput(searchInput, input)
  await context.rates.take(['searchesOfUser', userId])
  if (roomId) await assertCan(context, { roomId, action: 'read' })
  const roomIds = roomId ? [roomId] : await readSearchedRoomIds(context.sql, userId, limits.searchedRoomsMax)
  if (roomIds.length === 0) return []
  const parts = query.match(unspaced) ?? []
  const words = query.replace(unspaced, ' ')
  const pairs = parts.flatMap(pairsOf)
  return readNewest(context.sql, { userId, roomIds, words, parts, pairs, below: after, take })
}

const hourMs = 3_600_000

/**
 * Finds the newest matches.
 *
 * The index gives all matches of a search, in no order: of a word that every tenth message has, far too many. Such a
 * word is in the newest messages too. So these are looked at first, a few at once and then, when the page seems to be near,
 * many; only what is rare is left to the index.
 */
async function readNewest(sql: Sql, query: Omit<FoundQuery, 'above' | 'matchesMax'>): Promise<AuthoredMessage[]> {
  const { searchMatchesMax, searchSample, searchWalk } = limits
  const sample = await readRecent(sql, { ...query, ...searchSample })
  if (sample.length === query.take) return sample
  if (sample.length > 1) {
    const walked = await readRecent(sql, { ...query, ...searchWalk })
    if (walked.length === query.take) return walked
  }
  const all = await readFound(sql, { ...query, above: null, matchesMax: searchMatchesMax })
  return all.isCut ? readSpans(sql, query) : all.found
}

/** Of many matches sorts only those of the last hour, or of eight times as long, and so on, until they fill the page. */
async function readSpans(sql: Sql, query: Omit<FoundQuery, 'above' | 'matchesMax'>): Promise<AuthoredMessage[]> {
  const matchesMax = limits.searchMatchesMax * 20
  // an id begins with the milliseconds of its time
  const newestMs = query.below ? Number.parseInt(query.below.replace('-', '').slice(0, 12), 16) : Date.now()
  for (let spanMs = hourMs; spanMs < newestMs; spanMs *= 8) {
    const { found } = await readFound(sql, { ...query, above: idAt(newestMs - spanMs), matchesMax })
    if (found.length === query.take) return found
  }
  return (await readFound(sql, { ...query, above: null, matchesMax })).found
}

/** The least id of a time. */
function idAt(ms: number): string {
  const hex = Math.floor(ms).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

/** The pairs of neighbours in a text, or its only sign: what the index holds of scripts without spaces. */
function pairsOf(text: string): string[] {
  const signs = [...text]
  return signs.length === 1 ? signs : signs.slice(1).map((sign, index) => `${signs[index]}${sign}`)
}
