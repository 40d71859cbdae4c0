import type { TypePolicies } from '@apollo/client'

interface NumberedPage {
  readonly nodes?: readonly unknown[]
}

/**
 * How Apollo keeps what Kabar serves.
 *
 * Events stand alone, and messages of a room are one list in order of number.
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
        keyArgs: false,
        merge(existing: NumberedPage | undefined, incoming: NumberedPage, { readField }) {
          const byNumber = new Map<number, unknown>()
          for (const node of [...(existing?.nodes ?? []), ...(incoming.nodes ?? [])]) {
            byNumber.set(Number(readField('number', node as never)), node)
          }
          const numbers = [...byNumber.keys()].sort((a, b) => a - b)
          return { ...existing, ...incoming, nodes: numbers.map((number) => byNumber.get(number)) }
        },
      },
    },
  },
}
