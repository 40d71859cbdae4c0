import { type DocumentNode, visit } from 'graphql'
import { AppError } from '../errors.ts'

/** A document that is kept for a subscription, until it is released. */
export interface SharedDocument {
  /** The same for all subscriptions of one text. */
  readonly document: DocumentNode
  release(): void
}

/** Keeps a document for a subscription of a user: see `createDocumentKeeper`. */
export type ShareDocument = (userKey: string, text: string, document: DocumentNode) => SharedDocument

/**
 * Makes the keeper of what live subscriptions were asked with.
 *
 * A parsed document takes two hundred times as much memory as its text, and a third of that without its tokens, which
 * only messages about faults of the document need. So each is kept once, without them, and a user has texts of up to
 * `textMax` characters, however many subscriptions have them.
 */
export function createSharedDocuments(textMax: number): ShareDocument {
  const entries = new Map<string, { readonly document: DocumentNode; readonly uses: Map<string, number> }>()
  const sizes = new Map<string, number>()

  function release(userKey: string, text: string): void {
    const uses = entries.get(text)?.uses
    const left = (uses?.get(userKey) ?? 1) - 1
    if (left > 0) {
      uses?.set(userKey, left)
      return
    }
    uses?.delete(userKey)
    if (uses?.size === 0) entries.delete(text)
    const size = (sizes.get(userKey) ?? 0) - text.length
    if (size > 0) sizes.set(userKey, size)
    else sizes.delete(userKey)
  }

  return (userKey, text, document) => {
    const entry = entries.get(text) ?? { document: withoutTokens(document), uses: new Map<string, number>() }
    const uses = entry.uses.get(userKey) ?? 0
    const size = (sizes.get(userKey) ?? 0) + (uses === 0 ? text.length : 0)
    if (size > textMax) {
      const message = `The different subscriptions of a user may have ${textMax} characters together; these have ${size}.`
      throw new AppError('TOO_MANY_SUBSCRIPTIONS', message)
    }
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
