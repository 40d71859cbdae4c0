import { limits } from '../config/config.ts'
import { badInput } from '../errors.ts'
import { builder } from './builder.ts'

/** The page arguments of a client; Relay Cursor Connections, section 4. */
export interface PageArgs {
  first?: number | null | undefined
  after?: string | null | undefined
  last?: number | null | undefined
  before?: string | null | undefined
}

/** A page to fetch: at most `take` rows after or before a keyset. */
export interface PageQuery {
  /** The rows that the client gets. Fetch one more, to know whether there are others: `pagedField` does. */
  take: number
  direction: 'forward' | 'backward'
  /** The keyset, as it was passed to `toPage`; null starts at the first row in `direction`. */
  keyset: readonly string[] | null
}

/** A Relay connection. */
export interface Connection<Node> {
  edges: { readonly cursor: string; node: Node }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null }
}

/** The arguments of a connection with forward pagination only. */
export const forwardArgs = () => ({
  first: builder.args((t) => ({
    first: t.int({ description: `Number of edges: 0 to ${limits.pageSizeMax}, default ${limits.pageSizeDefault}.` }),
  })).first,
  after: builder.args((t) => ({ after: t.string({ description: 'Starts after the edge with this cursor.' }) })).after,
})

/** The arguments of a connection with forward and backward pagination. */
export const bothWaysArgs = () => ({
  ...forwardArgs(),
  ...builder.args((t) => ({
    last: t.int({ description: `Number of edges from the end: 0 to ${limits.pageSizeMax}.` }),
    before: t.string({ description: 'Ends before the edge with this cursor.' }),
  })),
})

/**
 * Checks the arguments of a connection.
 *
 * @throws AppError BAD_USER_INPUT for a size out of range, an invalid cursor, or both directions at once.
 */
export function parsePage({ first, after, last, before }: PageArgs): PageQuery {
  const backward = last !== null && last !== undefined
  if (backward && first !== null && first !== undefined) throw badInput('last', 'cannot be given together with first')
  if (after && before) throw badInput('before', 'cannot be given together with after')
  if (backward && after) throw badInput('after', 'goes with first, not with last')
  if (!backward && before) throw badInput('before', 'goes with last, not with first')
  const size = (backward ? last : first) ?? limits.pageSizeDefault
  if (size < 0 || size > limits.pageSizeMax) {
    throw badInput(backward ? 'last' : 'first', `must be from 0 to ${limits.pageSizeMax}`)
  }
  const cursor = backward ? before : after
  return {
    take: size,
    direction: backward ? 'backward' : 'forward',
    keyset: cursor ? decodeKeyset(cursor, backward ? 'before' : 'after') : null,
  }
}

/** A node of a page, and its keyset: the columns of the list's order. */
export interface PageEdge<Node> {
  readonly keys: readonly (string | number)[]
  readonly node: Node
}

/** Returns the edge of a row. */
export type EdgeOf<Row, Node> = (row: Row) => PageEdge<Node>

/** The edges of a page: see `toPage`. */
export interface PageParts<Row, Node> {
  readonly edgeOf: EdgeOf<Row, Node>
  /** The keyset where the search for rows stopped, although there may be more beyond it. */
  readonly stoppedAt?: readonly string[] | undefined
}

/**
 * Creates a connection from fetched rows.
 *
 * @param rows up to `take` + 1 rows, in the direction of the query.
 */
export function toPage<Row, Node>(
  query: PageQuery,
  rows: readonly Row[],
  { edgeOf, stoppedAt }: PageParts<Row, Node>,
): Connection<Node> {
  const more = rows.length > query.take
  const taken = rows.slice(0, query.take).map(edgeOf)
  if (query.direction === 'backward') taken.reverse()
  const edges = taken.map(({ keys, node }) => new Edge(keys, node))
  return {
    edges,
    pageInfo: {
      hasNextPage: query.direction === 'forward' ? more || stoppedAt !== undefined : query.keyset !== null,
      hasPreviousPage: query.direction === 'backward' ? more : query.keyset !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: !more && stoppedAt ? encodeKeyset(stoppedAt) : (edges.at(-1)?.cursor ?? null),
    },
  }
}

/** An edge. Its cursor is made where it is shown: most clients ask for nodes alone. */
class Edge<Node> {
  readonly #keys: PageEdge<Node>['keys']
  readonly node: Node

  constructor(keys: PageEdge<Node>['keys'], node: Node) {
    this.#keys = keys
    this.node = node
  }

  get cursor(): string {
    return encodeKeyset(this.#keys)
  }
}

/** Encodes the sort key of a row as the cursor of its edge. */
export function encodeKeyset(keys: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(keys.map(String))).toString('base64url')
}

function decodeKeyset(cursor: string, path: string): string[] {
  try {
    const keys: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(keys) && keys.every((key) => typeof key === 'string')) return keys
  } catch {
    // falls through to the same answer
  }
  throw badInput(path, 'is not a cursor of this connection')
}
