import type { DocumentNode } from 'graphql'
import { operationLimits } from '../config/http.ts'

/** Parsed documents by their texts: see `createDocumentCache`. */
export type DocumentCache = ReturnType<typeof createDocumentCache>

/**
 * Creates an LRU cache of parsed documents, limited by the length of their texts.
 *
 * @param pinned texts that are kept in any case, and do not count.
 */
export function createDocumentCache(
  textMax: number = operationLimits.keptTextMax,
  pinned: ReadonlySet<string> = new Set(),
) {
  const kept = new Map<string, DocumentNode>()
  const documents = new Map<string, DocumentNode>()
  let length = 0
  return {
    has: (text: string) => kept.has(text) || documents.has(text),
    get(text: string): DocumentNode | undefined {
      const known = kept.get(text)
      if (known) return known
      const document = documents.get(text)
      if (document) {
        documents.delete(text)
        documents.set(text, document)
      }
      return document
    },
    set(text: string, document: DocumentNode): void {
      if (pinned.has(text)) {
        kept.set(text, document)
        return
      }
      if (!documents.has(text)) length += text.length
      documents.set(text, document)
      for (const oldest of documents.keys()) {
        if (length <= textMax) break
        documents.delete(oldest)
        length -= oldest.length
      }
    },
  }
}
