import { useCallback, useEffect, useMemo, useState } from 'react'
import type { SearchResult, SearchState } from '../api/lists.ts'
import { KabarError } from '../errors.ts'
import { useKabar } from './provider.ts'

/** The messages that the viewer has saved, and what one does with the list. */
export interface SavedMessages extends Omit<SearchState, 'query'> {
  loadMore(): Promise<void>
  /** Takes a message out of the list at once; it is back where that fails. */
  remove(message: SearchResult): Promise<void>
}

interface Pages extends Omit<SearchState, 'query'> {
  readonly endCursor: string | null
}

const none: Pages = { results: [], isLoading: true, error: null, hasMore: false, endCursor: null }

/** Reads the saved messages of the viewer, the ones saved last first. */
export function useSavedMessages(): SavedMessages {
  const kabar = useKabar()
  const [pages, setPages] = useState(none)
  const read = useCallback(
    async (after: string | null, isWanted: () => boolean) => {
      try {
        const { results, ...page } = await kabar.savedMessages({ after })
        if (!isWanted()) return
        const before = (known: Pages) => (after === null ? [] : known.results)
        setPages((known) => ({ ...page, isLoading: false, error: null, results: [...before(known), ...results] }))
      } catch (error) {
        if (isWanted() && error instanceof KabarError) setPages((known) => ({ ...known, isLoading: false, error }))
      }
    },
    [kabar],
  )
  useEffect(() => {
    let isWanted = true
    void read(null, () => isWanted)
    return () => {
      isWanted = false
    }
  }, [read])
  const { endCursor, hasMore } = pages
  const loadMore = useCallback(async () => {
    if (hasMore) await read(endCursor, () => true)
  }, [read, hasMore, endCursor])
  const remove = useCallback(
    async (message: SearchResult) => {
      const without = pages.results.filter(({ id }) => id !== message.id)
      setPages((known) => ({ ...known, results: without }))
      try {
        await kabar.room(message.room.id).unsave(message.id)
      } catch (error) {
        setPages((known) => ({ ...known, results: pages.results }))
        throw error
      }
    },
    [kabar, pages.results],
  )
  return useMemo(() => ({ ...pages, loadMore, remove }), [pages, loadMore, remove])
}
