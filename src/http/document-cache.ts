import type { DocumentNode } from 'graphql'
import { createLru } from '../concurrency/lru.ts'
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
  const documents = createLru<string, DocumentNode>({ max: textMax, sizeOf: (text) => text.length })
  return {
    has: (text: string) => kept.has(text) || documents.has(text),
    get: (text: string): DocumentNode | undefined => kept.get(text) ?? documents.get(text),
    set(text: string, document: DocumentNode): void {
      if (pinned.has(text)) kept.set(text, document)
      else documents.set(text, document)
    },
  }
}
