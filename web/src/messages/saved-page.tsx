import type { SearchResult } from 'kabar-client'
import { useRooms, useSavedMessages } from 'kabar-client/react'
import { BookmarkX } from 'lucide-react'
import { Button, IconButton } from '../shell/button.tsx'
import { ErrorText, useErrorText } from '../shell/error-text.tsx'
import { useText } from '../shell/locale.tsx'
import { PageHeader } from '../shell/page-header.tsx'
import { useRouter } from '../shell/router.tsx'
import { useToast } from '../shell/toast.tsx'
import { asKabarError } from '../shell/use-ask.ts'
import { FoundMessage } from './found-message.tsx'
import styles from './saved-page.module.css'

/** The messages that the viewer has saved, from all rooms. */
export function SavedPage() {
  const t = useText()
  const { go } = useRouter()
  const toast = useToast()
  const words = useErrorText()
  const { rooms } = useRooms()
  const { results, isLoading, error, hasMore, loadMore, remove } = useSavedMessages()
  const listed = (result: SearchResult) => rooms.find(({ id }) => id === result.room.id)
  const forget = (result: SearchResult) =>
    remove(result).catch((thrown: unknown) => toast({ text: words(asKabarError(thrown)) }))
  return (
    <div className={styles.page}>
      <PageHeader title={t('saved.title')} />
      <div className={styles.list} aria-busy={isLoading}>
        <ErrorText error={error} />
        {!isLoading && !error && results.length === 0 && <p className={styles.none}>{t('saved.none')}</p>}
        <ul>
          {results.map((result) => (
            <li key={result.id} className={styles.entry}>
              <FoundMessage
                message={result}
                room={listed(result)?.title ?? result.room.name}
                onGo={() => go(`/r/${listed(result)?.room.code ?? result.room.id}/${result.number}`)}
              />
              <IconButton label={t('message.unsave')} onClick={() => void forget(result)}>
                <BookmarkX size={18} />
              </IconButton>
            </li>
          ))}
        </ul>
        {hasMore && (
          <Button look="quiet" onClick={() => void loadMore()}>
            {t('more')}
          </Button>
        )}
      </div>
    </div>
  )
}
