// Search of messages: rights and filters. parse-query.ts reads the words, queries.ts finds them.

import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import type { Sql } from '../../database/sql.ts'
import { badInput } from '../../errors.ts'
import { readTopics } from '../../feed/topics.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import { parseNumberKeyset } from '../../input/keyset.ts'
import { parseInput } from '../../input/parse.ts'
import { searchText } from '../../input/text.ts'
import { parseQuery } from './parse-query.ts'
import {
  type Criteria,
  countMatches,
  type Findings,
  type FoundQuery,
  readFound,
  readFoundAgain,
  readProven,
  readRecent,
  readSearchedRooms,
  type SearchedRoom,
} from './queries.ts'
import { marks, quote } from './terms.ts'

const partMarks = { LINK: marks.link, FILE: marks.file, IMAGE: marks.image } as const

const filterFields = {
  authorId: z.uuid().nullable(),
  sentBefore: z.date().nullable(),
  sentAfter: z.date().nullable(),
  has: z.array(z.enum(['LINK', 'FILE', 'IMAGE'])).max(3, 'names a part twice'),
  mentionsViewer: z.boolean(),
}

const searchInput = z
  .object({ query: searchText(limits.searchLengthMax), roomId: z.uuid().nullable(), ...filterFields })
  .refine(
    ({ query, authorId, sentBefore, sentAfter, has, mentionsViewer }) => {
      const isFiltered = authorId ?? sentBefore ?? sentAfter ?? (has.length > 0 || mentionsViewer)
      return query !== '' || isFiltered
    },
    { path: ['query'], message: 'may not be blank without a condition' },
  )

/** The words and conditions of a search. */
type SearchInput = z.output<typeof searchInput>

/** A search: the query, the rooms, the filter and the page. */
export interface SearchMessages extends z.input<typeof searchInput> {
  /** The keys after which the page begins: in one room the number of a message, in several its id. */
  keyset: readonly string[] | null
  take: number
}

/**
 * Searches the messages that the viewer may read.
 *
 * For the query see `parseQuery`; it may be blank with a filter. Excludes deleted messages and those by authors whom the
 * viewer has blocked.
 *
 * @returns the newest first; fewer than `take`, and where to continue, when it would have to scan too many messages.
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT, NOT_FOUND, FORBIDDEN, RATE_LIMITED
 */
export async function searchMessages(
  context: ServiceContext,
  { take, keyset, ...input }: SearchMessages,
): Promise<Findings> {
  const { userId } = assertSignedIn(context)
  const search = parseInput(searchInput, input)
  const { roomId } = search
  const below = roomId ? parseNumberKeyset(keyset, 'after') : parseIdKeyset(keyset)
  await context.rates.take(['searchesOfUser', userId])
  const rooms = roomId
    ? [await readSearchedRoom(context, roomId)]
    : await readSearchedRooms(context.sql, userId, limits.searchedRoomsMax)
  const criteria = toCriteria(search, userId)
  if (rooms.length === 0 || !criteria) return { found: [], stoppedAt: null }
  const query = {
    ...{ userId, criteria, take, isOneRoom: roomId !== null, at: new Date(context.clock.now()) },
    roomIds: rooms.map(({ id }) => id),
    below: below === null ? null : String(below),
  }
  return (await readAtReplica(context, rooms, query)) ?? readNewest(context.sql, rooms, query)
}

/**
 * Searches at the replica, if that has all that the searched rooms and the viewer have now.
 *
 * Found messages are read again at the primary: their readers and the names of their authors change without an event of
 * the room.
 *
 * @returns null when the primary must search.
 */
async function readAtReplica(
  { sql, replica, metrics }: ServiceContext,
  rooms: readonly SearchedRoom[],
  query: FoundQuery,
): Promise<Findings | null> {
  if (!replica) return null
  const reads = metrics.counts.replica_reads_total
  const topics = [...(await readTopics(sql, [query.userId, ...query.roomIds])).values()]
  let isRefused = false
  const atReplica: Sql = async <Row>(statement: Prisma.Sql) => {
    const rows = await readProven<Row>(replica, topics, statement)
    if (Array.isArray(rows)) return rows
    isRefused = rows === 'refused'
    throw new NoAnswer()
  }
  try {
    const { found, stoppedAt } = await readNewest(atReplica, rooms, query)
    const ids = found.map(({ message }) => message.id)
    const again = ids.length > 0 ? await readFoundAgain(sql, { ...query, ids }) : []
    if (again.length === ids.length) {
      reads.replica += 1
      return { found: again, stoppedAt }
    }
    // one that is gone would leave a gap
    isRefused = true
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
  }
  reads[isRefused ? 'refused' : 'primary'] += 1
  return null
}

/** Ends a search at the replica, which the primary does instead. */
class NoAnswer extends Error {}

/** Converts a search to conditions. Null when it has no words, such as `!!!`, and so matches nothing. */
export function toCriteria(
  { query, authorId, sentBefore, sentAfter, has, mentionsViewer }: Omit<SearchInput, 'roomId'>,
  viewerId: string,
): Criteria | null {
  const words = query === '' ? null : parseQuery(query)
  if (query !== '' && words === null) return null
  const wanted = has.map((part) => quote(partMarks[part]))
  if (mentionsViewer) wanted.push(`( ${quote(marks.mention(viewerId))} | ${quote(marks.everyone)} )`)
  const all = (tsquery: string | undefined, conditions: readonly string[]) =>
    [...(tsquery ? [`( ${tsquery} )`] : []), ...conditions].join(' & ')
  return {
    exact: all(words?.exact, wanted),
    loose: all(words?.loose, authorId === null ? wanted : [...wanted, quote(marks.author(authorId))]),
    ...{ authorId, sentBefore, sentAfter },
  }
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

/** Tells whether a sample suggests too many matches for the index. With few messages the index is used at once. */
async function isFrequent(sql: Sql, rooms: readonly SearchedRoom[], { criteria }: FoundQuery): Promise<boolean> {
  const { messagesMin, places: sampleSize } = limits.searchProbe
  const total = rooms.reduce((sum, { messageCount }) => sum + messageCount, 0)
  if (total < messagesMin) return false
  const step = total / sampleSize
  return (await countMatches(sql, criteria, spread(rooms, step))) * step > 2 * limits.searchMatchesMax
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
