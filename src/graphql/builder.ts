import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import RelayPlugin from '@pothos/plugin-relay'
import type PrismaTypes from '../generated/pothos.ts'
import { getDatamodel } from '../generated/pothos.ts'
import type { Context } from './context.ts'

/**
 * The schema builder that every feature adds its types and fields to.
 *
 * Fields are non-null by default. Relations are loaded by `load`, not by `t.relation` or `prismaConnection`, also where
 * nothing is hot. Events reach nearly every type, such as the category of a room, a session, or the edits of a message,
 * and for a parent that did not come from one of its own queries `t.relation` queries again, once per row. `load` reads
 * the rows of a whole page or event in one statement, and applies at the time of showing what the viewer may see, such
 * as blocks and deleted accounts. `prismaConnection` pages by Prisma's `cursor`, which can lose the LIMIT.
 */
export const builder = new SchemaBuilder<{
  Context: Context
  DefaultFieldNullability: false
  DefaultInputFieldRequiredness: false
  DefaultNodeNullability: false
  PrismaTypes: PrismaTypes
  Scalars: {
    DateTime: { Input: Date; Output: Date }
    EventCursor: { Input: string; Output: string }
    ID: { Input: string; Output: string }
  }
}>({
  defaultFieldNullability: false,
  plugins: [PrismaPlugin, RelayPlugin],
  prisma: { client: (context) => context.db, dmmf: getDatamodel(), onUnusedQuery: null },
  relay: {
    clientMutationId: 'omit',
    cursorType: 'String',
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    nodesOnConnection: { description: 'The nodes of the edges, without their cursors.' },
    nodeFieldOptions: { description: 'The object itself.' },
    edgesFieldOptions: { description: 'The objects of this page, each with its cursor.' },
    cursorFieldOptions: { description: 'The cursor of this edge: pass it as `after` or `before`.' },
    pageInfoFieldOptions: { description: 'Pagination information of this page.' },
    hasNextPageFieldOptions: { description: 'True if there is more after this page.' },
    hasPreviousPageFieldOptions: { description: 'True if there is more before this page.' },
    startCursorFieldOptions: { description: 'The cursor of the first edge; null when the page is empty.' },
    endCursorFieldOptions: { description: 'The cursor of the last edge; null when the page is empty.' },
    nodeTypeOptions: { description: 'An object that `node(id:)` finds by its id.' },
    pageInfoTypeOptions: { description: 'Pagination information of a page (Relay Cursor Connections).' },
    idFieldOptions: { description: 'A TypeID: the prefix of the type and a UUIDv7.' },
  },
})

builder.queryType({ description: 'Read operations.' })
builder.mutationType({ description: 'Write operations. Every mutation is one transaction.' })
builder.subscriptionType({
  description: 'Event streams. Every stream starts after a cursor and delivers each event once and in order.',
})
