import { embeddedTypes, possibleTypes } from '../cache/schema-types.ts'

type Fields = Record<string, unknown>

/** The part of Graphcache's cache that the settings use. Keys are texts. */
interface GraphCache {
  resolve(entity: string, field: string): unknown
  inspectFields(entity: string): readonly { fieldName: string; fieldKey: string; arguments: Fields | null }[]
  keyOfEntity(entity: { __typename: string; id: string }): string | null
  link(entity: string, field: string, link: string[]): void
  link(entity: string, field: string, args: { list: string }, link: string): void
}

interface Place {
  readonly parentKey: string
  readonly parentFieldKey: string
  /** True for what is shown before the server answers. */
  readonly optimistic?: boolean
}

/**
 * The lists of a room beside the pages that were read: all its messages, whichever page or event they came with, and
 * those that the server has not answered. Apart, since a list that is written before an answer hides what others add.
 */
type List = 'stored' | 'pending'
const fieldOf = (list: List) => `messages({"list":"${list}"})`

/** The keys of the messages of a page; null where it is not held. */
function nodesOf(cache: GraphCache, roomKey: string, fieldKey: string): string[] | null {
  const key = cache.resolve(roomKey, fieldKey)
  const nodes = typeof key === 'string' ? cache.resolve(key, 'nodes') : null
  return Array.isArray(nodes) ? nodes : null
}

const numberOf = (cache: GraphCache, key: string) => Number(cache.resolve(key, 'number') ?? Number.NaN)

/** The ends of all pages of a room: the start of the oldest, and the end of the newest. */
function endsOf(cache: GraphCache, roomKey: string): Fields {
  const ends: Fields = { __typename: 'PageInfo' }
  let [from, to] = [Number.NaN, Number.NaN]
  for (const { fieldName, fieldKey, arguments: args } of cache.inspectFields(roomKey)) {
    const page = fieldName === 'messages' && !args?.around ? cache.resolve(roomKey, fieldKey) : null
    const info = typeof page === 'string' ? cache.resolve(page, 'pageInfo') : null
    if (typeof info !== 'string') continue
    const numbers = (nodesOf(cache, roomKey, fieldKey) ?? []).map((node) => numberOf(cache, node))
    const take = (...fields: string[]) => {
      for (const field of fields) ends[field] = cache.resolve(info, field) ?? null
    }
    const [first, last] = [Math.min(...numbers), Math.max(...numbers)]
    if (!(first >= from)) take('startCursor', 'hasPreviousPage')
    if (!(last <= to)) take('endCursor', 'hasNextPage')
    if (!(first >= from)) from = first
    if (!(last <= to)) to = last
  }
  return ends
}

/** The messages of a room: one list in order of number. */
function messages(_: unknown, args: Fields, cache: GraphCache, { parentKey, parentFieldKey }: Place) {
  const asked = cache.resolve(parentKey, parentFieldKey)
  // a page that was not read yet is asked for
  if (typeof asked !== 'string' || args.around) return asked as string
  const keys = (['stored', 'pending'] as const).flatMap((list) => nodesOf(cache, parentKey, fieldOf(list)) ?? [])
  const numbered = keys.map((key) => ({ key, number: numberOf(cache, key) }))
  // a message that was pending with another one is not held any more
  const held = numbered.filter(({ number }) => number > 0).sort((a, b) => a.number - b.number)
  const eventCursor = (cache.resolve(asked, 'eventCursor') ?? null) as string | null
  const nodes = held.map(({ key }) => key)
  return { __typename: 'MessageConnection', eventCursor, nodes, pageInfo: endsOf(cache, parentKey) as object }
}

/** Adds messages to a list of a room. */
function add(cache: GraphCache, roomKey: string, keys: readonly string[], list: List = 'stored'): void {
  const page = `${roomKey}.${fieldOf(list)}`
  cache.link(page, 'nodes', [...new Set([...(nodesOf(cache, roomKey, fieldOf(list)) ?? []), ...keys])])
  cache.link(roomKey, 'messages', { list }, page)
}

/** Adds a message to the list of its room, where that is read to its end. */
function addNewest(cache: GraphCache, roomId: unknown, message: unknown, list: List = 'stored'): void {
  const roomKey = cache.keyOfEntity({ __typename: 'Room', id: String(roomId) })
  const key = message ? cache.keyOfEntity(message as { __typename: string; id: string }) : null
  if (roomKey === null || key === null) return
  if (endsOf(cache, roomKey).hasNextPage === false) add(cache, roomKey, [key], list)
}

/**
 * How Graphcache keeps what Kabar serves.
 *
 * `cacheExchange({ ...kabarCacheSettings })`. The messages of a room are one list in order of number, to which those that are sent and told of are added; pages
 * `around` a number stand beside it. Select `__typename` and `id` of everything that has one, and
 * `nodes { number } pageInfo { hasNextPage }` of messages.
 */
export const kabarCacheSettings = {
  possibleTypes,
  keys: Object.fromEntries(embeddedTypes.map((name) => [name, () => null])),
  resolvers: { Room: { messages } },
  updates: {
    Room: {
      messages(_: unknown, { around }: Fields, cache: GraphCache, { parentKey, parentFieldKey }: Place) {
        if (!around) add(cache, parentKey, nodesOf(cache, parentKey, parentFieldKey) ?? [])
      },
    },
    Mutation: {
      sendMessage(result: Fields, { input }: Fields, cache: GraphCache, { optimistic }: Place) {
        const { message } = (result.sendMessage ?? {}) as Fields
        addNewest(cache, (input as Fields).roomId, message, optimistic ? 'pending' : 'stored')
      },
    },
    Subscription: {
      roomEvents(result: Fields, { roomId }: Fields, cache: GraphCache) {
        const { __typename, message } = (result.roomEvents ?? {}) as Fields
        if (__typename === 'MessageSent') addNewest(cache, roomId, message)
      },
    },
  },
}
