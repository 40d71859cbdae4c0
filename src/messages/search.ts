import { z } from 'zod'
import { assertCan, assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { parseInput } from '../access/input.ts'
import { isStorable } from '../access/text.ts'
import { limits } from '../config.ts'
import type { Sql } from '../database/sql.ts'
import type { AuthoredMessage } from './queries.ts'
import { type FoundQuery, readFound, readSearchedRoomIds } from './search-queries.ts'

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
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT, NOT_FOUND, FORBIDDEN
 */
export async function searchMessages(
  context: ServiceContext,
  { take, ...input }: SearchMessages,
): Promise<AuthoredMessage[]> {
  const { userId } = assertSignedIn(context)
  const { query, roomId, after } = parseInput(searchInput, input)
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
 * Few matches are simply sorted. Of many only those of the last hour are, or of eight times as long, and so on, until they
 * fill the page: so a word that is in every message costs no more than a rare one.
 */
async function readNewest(sql: Sql, query: Omit<FoundQuery, 'above' | 'matchesMax'>): Promise<AuthoredMessage[]> {
  const { searchMatchesMax } = limits
  const all = await readFound(sql, { ...query, above: null, matchesMax: searchMatchesMax })
  if (!all.isCut) return all.found
  // an id begins with the milliseconds of its time
  const newestMs = query.below ? Number.parseInt(query.below.replace('-', '').slice(0, 12), 16) : Date.now()
  for (let spanMs = hourMs; spanMs < newestMs; spanMs *= 8) {
    const above = idAt(newestMs - spanMs)
    const { found } = await readFound(sql, { ...query, above, matchesMax: searchMatchesMax * 20 })
    if (found.length === query.take) return found
  }
  const { found } = await readFound(sql, { ...query, above: null, matchesMax: searchMatchesMax * 20 })
  return found
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
