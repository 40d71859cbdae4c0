import type { ApolloCache, FieldReadFunction, Reference, TypePolicies } from '@apollo/client'

type ReadField = Parameters<FieldReadFunction>[1]['readField']

interface PageInfo {
  readonly startCursor?: string | null | undefined
  readonly hasPreviousPage?: boolean | undefined
  readonly endCursor?: string | null | undefined
  readonly hasNextPage?: boolean | undefined
}

/** A page of messages, in order of number. */
interface NumberedPage {
  readonly nodes?: readonly Reference[]
  readonly pageInfo?: PageInfo
}

/** The messages of both pages in order of number; where both have one, that of the second. */
function inOrder(pages: readonly (NumberedPage | undefined)[], readField: ReadField): Reference[] {
  const byNumber = new Map<number, Reference>()
  for (const page of pages) for (const node of page?.nodes ?? []) byNumber.set(Number(readField('number', node)), node)
  return [...byNumber].sort(([a], [b]) => a - b).map(([, node]) => node)
}

/** The ends of two pages together: the start of the older one, and the end of the newer one. */
function endsOf(existing: NumberedPage, incoming: NumberedPage, readField: ReadField): PageInfo | undefined {
  if (!existing.pageInfo || !incoming.pageInfo) return incoming.pageInfo ?? existing.pageInfo
  const numberOf = (node: Reference | undefined, ofNone: number) => Number(node ? readField('number', node) : ofNone)
  const first = ({ nodes }: NumberedPage) => numberOf(nodes?.[0], Number.POSITIVE_INFINITY)
  const last = ({ nodes }: NumberedPage) => numberOf(nodes?.at(-1), Number.NEGATIVE_INFINITY)
  const older = first(existing) < first(incoming) ? existing.pageInfo : incoming.pageInfo
  const newer = last(existing) > last(incoming) ? existing.pageInfo : incoming.pageInfo
  const { startCursor, hasPreviousPage } = older
  const { endCursor, hasNextPage } = newer
  return { ...incoming.pageInfo, startCursor, hasPreviousPage, endCursor, hasNextPage }
}

/**
 * How Apollo keeps what Kabar serves.
 *
 * Events stand alone, and messages of a room are one list in order of number; pages `around` a number stand beside it.
 * Select `id` of everything that has one, and `nodes { number }` of messages.
 */
export const kabarTypePolicies: TypePolicies = {
  Subscription: { fields: { roomEvents: { merge: false }, viewerEvents: { merge: false } } },
  Permission: { keyFields: false },
  Viewer: { merge: true },
  Room: {
    fields: {
      viewerCan: { merge: true },
      messages: {
        keyArgs: (args) => (args?.around ? ['around'] : false),
        merge(existing: NumberedPage | undefined, incoming: NumberedPage, { readField, args }) {
          if (!existing || args?.around) return incoming
          const pageInfo = endsOf(existing, incoming, readField)
          return {
            ...existing,
            ...incoming,
            ...(pageInfo && { pageInfo }),
            nodes: inOrder([existing, incoming], readField),
          }
        },
      },
    },
  },
}

/**
 * Adds a message to the list of its room, where that is read to its end.
 *
 * Call it for events `MessageSent`, and in the `update` of mutations that send.
 */
export function addMessage(
  cache: ApolloCache,
  { roomId, message }: { roomId: string; message: { readonly __typename: 'Message'; readonly id: string } },
): void {
  const room = cache.identify({ __typename: 'Room', id: roomId })
  if (room === undefined) return
  // also into what is shown on top of it while the server has not answered something: that has a list of its own
  for (const optimistic of [false, true]) {
    cache.modify<{ messages: NumberedPage }>({
      ...{ id: room, optimistic },
      fields: {
        messages(existing, { readField, toReference, storeFieldName }) {
          const page = existing as NumberedPage
          const isToEnd = storeFieldName === 'messages' && page.pageInfo?.hasNextPage === false
          const node = isToEnd ? toReference(message, true) : undefined
          return node ? { ...page, nodes: inOrder([page, { nodes: [node] }], readField) } : page
        },
      },
    })
  }
}
