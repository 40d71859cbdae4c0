import type { DocumentNode } from 'graphql'
import { operationLimits } from '../config/http.ts'

/** Parsed documents by their texts: see `createDocumentCache`. */
export type DocumentCache = ReturnType<typeof createDocumentCache>

/** Creates an LRU cache of parsed documents, limited by the length of their texts. */
export function createDocumentCache(textMax: number = operationLimits.keptTextMax) {
  const documents = new Map<string, DocumentNode>()
  let length = 0
  return {
    has: (text: string) => documents.has(text),
    get(text: string): DocumentNode | undefined {
      const document = documents.get(text)
      if (document) {
        documents.delete(text)
        documents.set(text, document)
      }
      return document
    },
    set(text: string, document: DocumentNode): void {
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
