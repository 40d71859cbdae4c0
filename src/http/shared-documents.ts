import { type DocumentNode, visit } from 'graphql'
import { AppError } from '../errors.ts'

/** A document that is kept for a subscription, until it is released. */
export interface SharedDocument {
  /** The same for all subscriptions of one text. */
  readonly document: DocumentNode
  release(): void
}

/** Bounds of what is kept, in characters. */
export interface SharedDocumentBounds {
  /** Of the texts of one user. */
  readonly textMax: number
  /** Of all texts of a server. */
  readonly serverTextMax: number
}

/** One user may have so small a part of what is free. */
const partOfFree = 8

/** Keeps a document for a subscription of a user: see `createSharedDocuments`. */
export type ShareDocument = (userKey: string, text: string, document: DocumentNode) => SharedDocument

/**
 * Makes the keeper of what live subscriptions were asked with.
 *
 * A parsed document takes two hundred times as much memory as its text, and a third of that without its tokens, which
 * only messages about faults of the document need. So each is kept once, without them, and a user has texts of up to
 * `textMax` characters, however many subscriptions have them.
 *
 * All together have `serverTextMax`. The less of it is free, the less a user may have: an eighth of what is free. So
 * those who hold much are refused first, and there is something left for others however many they are.
 */
export function createSharedDocuments({ textMax, serverTextMax }: SharedDocumentBounds): ShareDocument {
  const entries = new Map<string, { readonly document: DocumentNode; readonly uses: Map<string, number> }>()
  const sizes = new Map<string, number>()
  let total = 0

  function release(userKey: string, text: string): void {
    const uses = entries.get(text)?.uses
    const left = (uses?.get(userKey) ?? 1) - 1
    if (left > 0) {
      uses?.set(userKey, left)
      return
    }
    uses?.delete(userKey)
    if (uses?.size === 0) {
      entries.delete(text)
      total -= text.length
    }
    const size = (sizes.get(userKey) ?? 0) - text.length
    if (size > 0) sizes.set(userKey, size)
    else sizes.delete(userKey)
  }

  return (userKey, text, document) => {
    const entry = entries.get(text) ?? { document: withoutTokens(document), uses: new Map<string, number>() }
    const uses = entry.uses.get(userKey) ?? 0
    const size = (sizes.get(userKey) ?? 0) + (uses === 0 ? text.length : 0)
    const isNew = entry.uses.size === 0
    const most = isNew ? Math.min(textMax, Math.floor((serverTextMax - total) / partOfFree)) : textMax
    if (uses === 0 && size > most) {
      const message = `The different subscriptions of a user may have ${most} characters together; these have ${size}.`
      throw new AppError('TOO_MANY_SUBSCRIPTIONS', message)
    }
    if (isNew) total += text.length
    entries.set(text, entry)
    entry.uses.set(userKey, uses + 1)
    sizes.set(userKey, size)
    return { document: entry.document, release: () => release(userKey, text) }
  }
}

/** Copies a document without what it remembers of its text. */
function withoutTokens(document: DocumentNode): DocumentNode {
  return visit(document, { enter: ({ loc, ...node }) => (loc ? node : undefined) }) as DocumentNode
}
