import { type DocumentNode, visit } from 'graphql'
import { AppError } from '../errors.ts'

/** A document kept for a subscription until it is released. */
export interface SharedDocument {
  /** The same object for all subscriptions with one text. */
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

/** A user may take an eighth of the characters that are free on the server. */
const partOfFree = 8

/** Keeps a document for a subscription of a user: see `createSharedDocuments`. */
export type ShareDocument = (userKey: string, text: string, document: DocumentNode) => SharedDocument

/**
 * Creates the store of documents of live subscriptions.
 *
 * A parsed document takes 200 times the memory of its text, and a third of that without its tokens, which only error
 * messages need. So each document is kept once, without tokens, and the different texts of a user have up to `textMax`
 * characters together, with any number of subscriptions.
 *
 * All users together have `serverTextMax`. A user may have an eighth of what is left of it, so that users who hold much
 * are refused first and something is left for others.
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

/** Copies a document without its tokens and locations. */
function withoutTokens(document: DocumentNode): DocumentNode {
  return visit(document, { enter: ({ loc, ...node }) => (loc ? node : undefined) })
}
