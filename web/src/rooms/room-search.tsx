import { useSearch } from 'kabar-client/react'
import { useState } from 'react'
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
  const search = useSearch(query, { roomId: room.id })
  return (
    <>
      <div className={styles.field}>
        <Field
          label={t('search.label')}
          type="search"
          value={query}
          onChange={({ target }) => setQuery(target.value)}
          autoFocus
          maxLength={200}
        />
      </div>
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
