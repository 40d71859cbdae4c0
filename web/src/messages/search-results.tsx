import type { SearchResult, SearchState } from 'kabar-client'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useLocale } from '../shell/locale.tsx'
import { Body } from './body.tsx'
import styles from './search-results.module.css'

interface SearchResultsProps {
  search: SearchState & { loadMore(): Promise<void> }
  /** Whether to say in which room each is. */
  showsRooms?: boolean
  onGo: (result: SearchResult) => void
}

const none: ReadonlyMap<string, string> = new Map()

/** The messages that were found, the words lit up. */
export function SearchResults({ search, showsRooms = false, onGo }: SearchResultsProps) {
  const { t, format } = useLocale()
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
            <button type="button" className={styles.result} onClick={() => onGo(result)}>
              <span className={styles.who}>
                <b>{result.author?.displayName ?? t('somebody')}</b>
                {showsRooms && result.room.name && <span>{result.room.name}</span>}
                <time dateTime={result.createdAt}>{format.short(result.createdAt)}</time>
              </span>
              <Body text={result.body} mentions={none} highlight={query} />
            </button>
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
