import { KabarError } from 'kabar-client'
import { useKabar } from 'kabar-client/react'
import { useState } from 'react'
import { useAsk, useWork } from '../shell/use-ask.ts'
import type { PageData } from './operations.ts'

/** A list that is read page by page. */
export interface Pages<Node> {
  readonly nodes: readonly Node[]
  readonly error: KabarError | null
  readonly isLoading: boolean
  /** True if the first page is there. */
  readonly isLoaded: boolean
  readonly hasMore: boolean
  loadMore(): void
  /** Shows a node as it is now; null takes it out. */
  change(id: string, node: Node | null): void
}

interface Added<Data, Node> {
  /** The first page that it belongs to: another begins without. */
  readonly of: Data | null
  readonly pages: readonly PageData<Node>[]
  readonly changes: ReadonlyMap<string, Node | null>
}

interface PagesOptions<Data, Node> {
  readonly document: string
  readonly variables: Record<string, unknown>
  /** Null when the viewer is no operator any more. */
  pageOf(data: Data): PageData<Node> | undefined
}

/** Asks a list, and its further pages one after the other. */
export function usePages<Data, Node extends { readonly id: string }>({
  document,
  variables,
  pageOf,
}: PagesOptions<Data, Node>): Pages<Node> {
  const kabar = useKabar()
  const first = useAsk<Data>(document, variables)
  const work = useWork()
  const none: Added<Data, Node> = { of: first.data, pages: [], changes: new Map() }
  const [kept, setKept] = useState(none)
  const current = (added: Added<Data, Node>) => (added.of === first.data ? added : none)
  const { pages, changes } = current(kept)
  const page = first.data === null ? undefined : pageOf(first.data)
  const all = page ? [page, ...pages] : []
  const last = all.at(-1)?.pageInfo
  const loadMore = () =>
    void work.run(async () => {
      const next = pageOf(await kabar.query<Data>(document, { ...variables, after: last?.endCursor }))
      if (next) setKept((added) => ({ ...current(added), pages: [...current(added).pages, next] }))
    })
  const isRefused = first.data !== null && !page
  return {
    nodes: all
      .flatMap(({ nodes }) => nodes)
      .flatMap((node) => (changes.has(node.id) ? (changes.get(node.id) ?? []) : node)),
    error: first.error ?? work.error ?? (isRefused ? new KabarError('FORBIDDEN', 'Not an operator.') : null),
    isLoading: first.isLoading || work.isBusy,
    isLoaded: page !== undefined,
    hasMore: last?.hasNextPage ?? false,
    loadMore,
    change: (id, node) =>
      setKept((added) => ({ ...current(added), changes: new Map(current(added).changes).set(id, node) })),
  }
}
