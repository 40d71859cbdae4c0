import { limits } from '../config.ts'
import { badInput } from '../errors.ts'
import { builder } from './builder.ts'

/** What a client asks of a page; Relay Cursor Connections, section 4. */
export interface PageArgs {
  first?: number | null | undefined
  after?: string | null | undefined
  last?: number | null | undefined
  before?: string | null | undefined
}

/** A page to fetch: at most `take` rows after or before a place. */
export interface PageQuery {
  /** How many rows the client gets. Fetch one more, to know whether there are others: `readPage` does. */
  take: number
  direction: 'forward' | 'backward'
  /** The keys of the place, as they were given to `toPage`; null for the end that `direction` starts from. */
  place: readonly string[] | null
}

/** A Relay connection. */
export interface Connection<Node> {
  edges: { cursor: string; node: Node }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null }
}

/** The arguments of a connection that is read forward only. */
export const forwardArgs = () => ({
  first: builder.args((t) => ({
    first: t.int({ description: `How many: 1 to ${limits.pageSizeMax}, ${limits.pageSizeDefault} when not given.` }),
  })).first,
  after: builder.args((t) => ({ after: t.string({ description: 'Begins after the edge with this cursor.' }) })).after,
})

/** The arguments of a connection that is read from either end. */
export const bothWaysArgs = () => ({
  ...forwardArgs(),
  ...builder.args((t) => ({
    last: t.int({ description: `How many from the end: 1 to ${limits.pageSizeMax}.` }),
    before: t.string({ description: 'Ends before the edge with this cursor.' }),
  })),
})

/**
 * Checks the arguments of a connection.
 *
 * @throws AppError BAD_USER_INPUT for a size out of range, a cursor that is none, or both directions at once.
 */
export function parsePage({ first, after, last, before }: PageArgs): PageQuery {
  const backward = last !== null && last !== undefined
  if (backward && first !== null && first !== undefined) throw badInput('last', 'cannot be given together with first')
  if (after && before) throw badInput('before', 'cannot be given together with after')
  if (backward && after) throw badInput('after', 'goes with first, not with last')
  if (!backward && before) throw badInput('before', 'goes with last, not with first')
  const size = (backward ? last : first) ?? limits.pageSizeDefault
  if (size < 1 || size > limits.pageSizeMax) {
    throw badInput(backward ? 'last' : 'first', `must be from 1 to ${limits.pageSizeMax}`)
  }
  const cursor = backward ? before : after
  return {
    take: size,
    direction: backward ? 'backward' : 'forward',
    place: cursor ? decodePlace(cursor, backward ? 'before' : 'after') : null,
  }
}

/** What the place of a row is made of: the columns of the list's order. */
type KeysOf<Row> = (row: Row) => readonly (string | number)[]

/**
 * Reads a page of a list whose rows are the nodes.
 *
 * @param list.read fetches `take` rows, one more than the client gets, in the direction of the query.
 * @throws AppError BAD_USER_INPUT for arguments that are no page, and whatever `read` throws.
 */
export async function readPage<Row>(
  args: PageArgs,
  { read, keysOf }: { read: (query: PageQuery) => Promise<readonly Row[]>; keysOf: KeysOf<Row> },
): Promise<Connection<Row>> {
  const page = parsePage(args)
  const rows = await read({ ...page, take: page.take + 1 })
  return toPage(page, rows, { keysOf, nodeOf: (row) => row })
}

interface PageParts<Row, Node> {
  keysOf: KeysOf<Row>
  nodeOf: (row: Row) => Node
  stoppedAt?: readonly string[]
}

/**
 * Makes a connection of fetched rows.
 *
 * @param rows up to `take` + 1 rows, in the direction of the query.
 * @param stoppedAt the keys of the place where the search for rows ended, although there may be more beyond it.
 */
export function toPage<Row, Node>(
  query: PageQuery,
  rows: readonly Row[],
  { keysOf, nodeOf, stoppedAt }: PageParts<Row, Node>,
): Connection<Node> {
  const more = rows.length > query.take
  const taken = rows.slice(0, query.take)
  if (query.direction === 'backward') taken.reverse()
  const edges = taken.map((row) => ({ cursor: encodePlace(keysOf(row)), node: nodeOf(row) }))
  return {
    edges,
    pageInfo: {
      hasNextPage: query.direction === 'forward' ? more || stoppedAt !== undefined : query.place !== null,
      hasPreviousPage: query.direction === 'backward' ? more : query.place !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: !more && stoppedAt ? encodePlace(stoppedAt) : (edges.at(-1)?.cursor ?? null),
    },
  }
}

/** Writes the keys of a row as the cursor of its edge. */
export function encodePlace(keys: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(keys.map(String))).toString('base64url')
}

function decodePlace(cursor: string, path: string): string[] {
  try {
    const keys: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(keys) && keys.every((key) => typeof key === 'string')) return keys
  } catch {
    // falls through to the same answer
  }
  throw badInput(path, 'is not a cursor of this connection')
}
