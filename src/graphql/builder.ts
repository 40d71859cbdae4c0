import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import RelayPlugin from '@pothos/plugin-relay'
import type PrismaTypes from '../generated/pothos.ts'
import { getDatamodel } from '../generated/pothos.ts'
import type { Context } from './context.ts'

/**
 * The schema builder that every feature adds its types and fields to.
 *
 * Fields are non-null unless they say otherwise. Types that events reach load their relations through `load`, because
 * Pothos' `t.relation` asks the database again for parents that did not come through a query of its own.
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
    cursorFieldOptions: { description: 'The place of this edge: give it as `after` or `before`.' },
    pageInfoFieldOptions: { description: 'Where this page stands among all pages.' },
    hasNextPageFieldOptions: { description: 'Whether there is more after this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there is more before this page.' },
    startCursorFieldOptions: { description: 'The cursor of the first edge; null when the page is empty.' },
    endCursorFieldOptions: { description: 'The cursor of the last edge; null when the page is empty.' },
    nodeTypeOptions: { description: 'Anything that `node(id:)` finds by its id.' },
    pageInfoTypeOptions: { description: 'Where a page stands among all pages (Relay Cursor Connections).' },
    idFieldOptions: { description: 'A TypeID: the prefix of the type and a UUIDv7.' },
  },
})

builder.queryType({ description: 'What can be read.' })
builder.mutationType({ description: 'What can be changed. Every mutation is one transaction.' })
builder.subscriptionType({
  description: 'What can be followed. Every stream begins after a cursor and gives each event once and in order.',
})
