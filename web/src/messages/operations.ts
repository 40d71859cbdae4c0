// Operations on messages besides the store, with the types of their answers.

import type { Person } from '../rooms/operations.ts'

/** Reads who reacted with what. */
export const reactedByQuery = `query ReactedBy($id: ID!) {
  node(id: $id) { ... on Message { reactions { emoji users(first: 12) { nodes { displayName } } } } }
}`

/** The answer of reactedByQuery. */
export interface ReactedByData {
  readonly node: {
    readonly reactions: readonly {
      readonly emoji: string
      readonly users: { readonly nodes: readonly { readonly displayName: string }[] }
    }[]
  } | null
}

/** Reads how far a message has come to each, and what it said before. */
export const messageDetailsQuery = `query MessageDetails($id: ID!) {
  node(id: $id) {
    ... on Message {
      edits { body replacedAt }
      receipts(first: 100) { nodes { status user { id displayName username avatar { url thumbnailUrl } } } }
    }
  }
}`

/** The answer of messageDetailsQuery. */
export interface MessageDetailsData {
  readonly node: {
    readonly edits: readonly { readonly body: string; readonly replacedAt: string }[]
    readonly receipts: {
      readonly nodes: readonly { readonly status: 'SENT' | 'DELIVERED' | 'READ'; readonly user: Person }[]
    }
  } | null
}

/** Tells those who moderate of a message. */
export const reportMessageMutation = `mutation ReportMessage($input: ReportMessageInput!) {
  reportMessage(input: $input) { report { id } }
}`
