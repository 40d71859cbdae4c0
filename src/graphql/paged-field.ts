import type { InputFieldMap, InputShapeFromFields } from '@pothos/core'
import type { Context } from './context.ts'
import type { Failure } from './error-codes.ts'
import { type Connection, type EdgeOf, forwardArgs, type PageArgs, type PageQuery, parsePage, toPage } from './pages.ts'

/** Rows of a search that may have stopped early, and the keyset where it did. */
export interface StoppedRows<Row> {
  readonly rows: readonly Row[]
  readonly stoppedAt?: readonly string[]
}

/** The page to read: `take` rows after a keyset. */
type ForwardQuery = Pick<PageQuery, 'take' | 'keyset'>

/** Options of `pagedField`. */
export interface PagedFieldOptions<Type, Parent, Args extends InputFieldMap, Row, Node> {
  /** The type of the connection. */
  readonly type: Type
  readonly description: string
  /** The codes of `read`. BAD_USER_INPUT, for a wrong size or cursor, is added. */
  readonly codes?: readonly Failure[]
  /** Arguments besides those of the page. */
  readonly args?: Args
  /** Reads up to `take` rows, one more than the client gets, with the arguments of the field. */
  readonly read: (
    parent: Parent,
    query: ForwardQuery & InputShapeFromFields<Args>,
    context: Context,
  ) => Promise<readonly Row[] | StoppedRows<Row>>
  readonly edgeOf: EdgeOf<Row, Node>
}

/** Defines a connection with forward pagination: pass the result to `t.field`. */
export function pagedField<Type, Parent, Row, Node, Args extends InputFieldMap = Record<never, never>>({
  type,
  description,
  codes = [],
  args,
  read,
  edgeOf,
}: PagedFieldOptions<Type, Parent, Args, Row, Node>) {
  const failures: readonly Failure[] = [...codes, 'BAD_USER_INPUT']
  return {
    type,
    description,
    codes: failures,
    // without `args`, Args has no fields
    args: { ...args, ...forwardArgs() } as Args & ReturnType<typeof forwardArgs>,
    async resolve(
      parent: Parent,
      asked: PageArgs & InputShapeFromFields<Args>,
      context: Context,
    ): Promise<Connection<Node>> {
      const page = parsePage(asked)
      const { take, keyset } = page
      const found = await read(parent, { ...asked, take: take + 1, keyset }, context)
      const { rows, stoppedAt } = 'rows' in found ? found : { rows: found }
      return toPage(page, rows, { edgeOf, stoppedAt })
    },
  }
}
