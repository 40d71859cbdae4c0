import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import type { Sql } from '../../database/sql.ts'
import { badInput } from '../../errors.ts'
import { parseNumberKeyset } from '../../input/keyset.ts'
import { parseInput } from '../../input/parse.ts'
import { searchText } from '../../input/text.ts'
import {
  countMatches,
  type Findings,
  type FoundQuery,
  readFound,
  readRecent,
  readSearchedRooms,
  readWebSearch,
  type SearchedRoom,
  type Terms,
} from './queries.ts'

/**
 * Scripts without spaces between words, as in the SQL function message_terms: Thai, Lao, Tibetan, Burmese, Khmer,
 * Javanese, kana and Han.
 */
const unspaced =
  /([\u0E00-\u0FFF\u1000-\u109F\u1780-\u17FF\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uA980-\uA9DF\uF900-\uFAFF\uFF66-\uFF9F\u{20000}-\u{3FFFF}]+)-*/gu

const searchInput = z.object({
  query: searchText(limits.searchLengthMax).refine((text) => text !== '', 'may not be blank'),
  roomId: z.uuid().nullable(),
})

/** A search: the query, the rooms, and the page. */
export interface SearchMessages {
  query: string
  /** Null for all rooms of the viewer. */
  roomId: string | null
  /** The keys after which the page begins: in one room the number of a message, in several its id. */
  keyset: readonly string[] | null
  take: number
}

/**
 * Searches the messages that the viewer may read.
 *
 * Supports all words, "an exact phrase", `or` and -excluded. In scripts without spaces any part of a text matches. Excludes
 * deleted messages and those by authors whom the viewer has blocked.
 *
 * @returns the newest first; fewer than `take`, and where to continue, when it would have to scan too many messages.
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT, NOT_FOUND, FORBIDDEN, RATE_LIMITED
 */
export async function searchMessages(
  context: ServiceContext,
  { take, keyset, ...input }: SearchMessages,
): Promise<Findings> {
  const { userId } = assertSignedIn(context)
  const { query, roomId } = parseInput(searchInput, input)
  const below = roomId ? parseNumberKeyset(keyset, 'after') : parseIdKeyset(keyset)
  await context.rates.take(['searchesOfUser', userId])
  const rooms = roomId
    ? [await readSearchedRoom(context, roomId)]
    : await readSearchedRooms(context.sql, userId, limits.searchedRoomsMax)
  const terms = await readTerms(context.sql, query)
  if (rooms.length === 0 || !terms) return { found: [], stoppedAt: null }
  return readNewest(context.sql, rooms, {
    ...{ userId, terms, take, isOneRoom: roomId !== null },
    roomIds: rooms.map(({ id }) => id),
    below: below === null ? null : String(below),
  })
}

async function readSearchedRoom(context: ServiceContext, roomId: string): Promise<SearchedRoom> {
  const { topic } = await assertCan(context, { roomId, action: 'read' })
  return { id: roomId, messageCount: topic.lastNumber }
}

function parseIdKeyset(keys: readonly string[] | null): string | null {
  if (keys === null) return null
  const { data } = z.tuple([z.uuid()]).safeParse(keys)
  if (!data) throw badInput('after', 'is not a cursor of this connection')
  return data[0]
}

/**
 * Finds the newest matches.
 *
 * Frequent words occur in the newest messages, so these are scanned first. Rare words are found by the index. It returns
 * all matches, unordered: too many for words that were frequent once. Then the scan goes further back, up to a limit.
 */
async function readNewest(sql: Sql, rooms: readonly SearchedRoom[], query: FoundQuery): Promise<Findings> {
  const { searchMatchesMax: matchesMax, searchSample, searchWalk } = limits
  const sample = await readRecent(sql, { ...query, ...searchSample })
  if (sample.stoppedAt === null) return sample
  const all = (await isFrequent(sql, rooms, query)) ? null : await readFound(sql, { ...query, matchesMax })
  if (all) return { found: all, stoppedAt: null }
  const rest = { ...query, below: sample.stoppedAt, take: query.take - sample.found.length }
  const { found, stoppedAt } = await readRecent(sql, { ...rest, ...searchWalk })
  return { found: [...sample.found, ...found], stoppedAt }
}

/** Whether a sample suggests too many matches for the index. With few messages the index is used at once. */
async function isFrequent(sql: Sql, rooms: readonly SearchedRoom[], { terms }: FoundQuery): Promise<boolean> {
  const { messagesMin, places: sampleSize } = limits.searchProbe
  const total = rooms.reduce((sum, { messageCount }) => sum + messageCount, 0)
  if (total < messagesMin) return false
  const step = total / sampleSize
  return (await countMatches(sql, terms, spread(rooms, step))) * step > 2 * limits.searchMatchesMax
}

/** Picks every `step`th message, one room after the other. */
function spread(rooms: readonly SearchedRoom[], step: number): { roomId: string; number: number }[] {
  const positions: { roomId: string; number: number }[] = []
  let next = step / 2
  for (const { id: roomId, messageCount } of rooms) {
    for (; next < messageCount; next += step) positions.push({ roomId, number: Math.floor(next) + 1 })
    next -= messageCount
  }
  return positions
}

/**
 * Parses a web search query; null when it has no terms.
 *
 * PostgreSQL finds no words in scripts without spaces. Each text in them is replaced by a marker word while it parses the
 * query, and then by its pairs of adjacent characters: as a phrase only when nothing is excluded and there is no `or`.
 */
export async function readTerms(sql: Sql, query: string): Promise<Terms | null> {
  const texts: string[] = []
  let mark = 'text'
  while (query.toLowerCase().includes(mark)) mark += 't'
  // a hyphen excludes a word only at its start
  const words = query.replace(unspaced, (_, text: string, offset: number) => {
    const isWithout = /(?:^|[\s"])-$/.test(query.slice(0, offset))
    return `${isWithout ? '' : ' '}${mark}${texts.push(text) - 1} `
  })
  const parsed = await readWebSearch(sql, words)
  if (parsed === '') return null
  const marked = new RegExp(`'${mark}(\\d+)'`, 'g')
  const inRow = '<(?:-|\\d+)>'
  const exact = parsed
    // the index has no positions of such texts
    .replace(new RegExp(`(?<='${mark}\\d+' )${inRow}|${inRow}(?= '${mark}\\d+')`, 'g'), '&')
    .replace(marked, (_, index: string) => `( ${pairsOf(texts[Number(index)] ?? '').join(' & ')} )`)
  const isOfAll = !/[!|]/.test(exact)
  return {
    exact,
    loose: exact.includes('!') ? exact : exact.replace(new RegExp(inRow, 'g'), '&'),
    patterns: isOfAll ? [...exact.matchAll(/'([a-z0-9]+)'/g)].map(([, word]) => `%${word}%`) : [],
    parts: isOfAll ? texts.map((text) => `%${text}%`) : [],
  }
}

/** Splits a text into pairs of adjacent characters, quoted, as the index holds scripts without spaces. */
function pairsOf(text: string): string[] {
  const signs = [...text]
  return signs.length === 1 ? [`'${text}'`] : signs.slice(1).map((sign, index) => `'${signs[index]}${sign}'`)
}
