import type { SearchFilter } from 'kabar-client'
import { useRooms, useSearch } from 'kabar-client/react'
import { useState } from 'react'
import { Field } from '../shell/field.tsx'
import { useText } from '../shell/locale.tsx'
import { PageHeader } from '../shell/page-header.tsx'
import { useRouter } from '../shell/router.tsx'
import { SearchFilters } from './search-filters.tsx'
import styles from './search-page.module.css'
import { SearchResults } from './search-results.tsx'

/** Finds messages over all rooms. */
export function SearchPage() {
  const t = useText()
  const { go } = useRouter()
  const { rooms } = useRooms()
  const [query, setQuery] = useState('')
  const [filter, setFilter] = useState<SearchFilter>({})
  const search = useSearch(query, { filter })
  return (
    <div className={styles.page}>
      <PageHeader title={t('search.title')} />
      <div className={styles.field}>
        <Field
          label={t('search.label')}
          type="search"
          value={query}
          onChange={({ target }) => setQuery(target.value)}
          autoFocus
          maxLength={1000}
        />
      </div>
      <SearchFilters filter={filter} onFilter={setFilter} />
      <SearchResults
        search={search}
        showsRooms
        onGo={({ room, number }) => go(`/r/${rooms.find(({ id }) => id === room.id)?.room.code ?? room.id}/${number}`)}
      />
    </div>
  )
}
