import type { SearchFilter } from 'kabar-client'
import { useSearch } from 'kabar-client/react'
import { useState } from 'react'
import { SearchFilters } from '../messages/search-filters.tsx'
import { SearchResults } from '../messages/search-results.tsx'
import { Field } from '../shell/field.tsx'
import { useText } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import type { OpenRoom } from './open-room.ts'
import styles from './room-search.module.css'

/** Finds messages of one room and jumps to them. */
export function RoomSearch({ room, onClose }: { room: OpenRoom; onClose: () => void }) {
  const t = useText()
  const { go } = useRouter()
  const [query, setQuery] = useState('')
  const [filter, setFilter] = useState<SearchFilter>({})
  const search = useSearch(query, { roomId: room.id, filter })
  return (
    <>
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
      <SearchFilters filter={filter} onFilter={setFilter} members={room.members} />
      <SearchResults
        search={search}
        onGo={({ number }) => {
          if (innerWidth <= 1080) onClose()
          go(`/r/${room.room?.code ?? room.id}/${number}`)
        }}
      />
    </>
  )
}
