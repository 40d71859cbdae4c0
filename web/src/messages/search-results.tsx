import type { SearchResult, SearchState } from 'kabar-client'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useText } from '../shell/locale.tsx'
import { FoundMessage } from './found-message.tsx'
import styles from './search-results.module.css'

interface SearchResultsProps {
  search: SearchState & { loadMore(): Promise<void> }
  /** True to show the room of each result. */
  showsRooms?: boolean
  onGo: (result: SearchResult) => void
}

/** The messages that were found, the words lit up. */
export function SearchResults({ search, showsRooms = false, onGo }: SearchResultsProps) {
  const t = useText()
  const { results, query, isLoading, error, hasMore } = search
  return (
    <div className={styles.results} aria-busy={isLoading}>
      <ErrorText error={error} />
      <p role="status" className={styles.count}>
        {(query.trim() !== '' || results.length > 0) && !isLoading && t('search.found', { count: results.length })}
      </p>
      <ul>
        {results.map((result) => (
          <li key={result.id}>
            <FoundMessage
              message={result}
              room={showsRooms ? result.room.name : null}
              highlight={query}
              onGo={() => onGo(result)}
            />
          </li>
        ))}
      </ul>
      {hasMore && (
        <Button look="quiet" onClick={() => void search.loadMore()}>
          {t('more')}
        </Button>
      )}
    </div>
  )
}
