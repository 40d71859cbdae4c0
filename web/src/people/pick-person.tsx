import { useKabar } from 'kabar-client/react'
import { useDeferredValue, useState } from 'react'
import { type OpenDirectRoomData, openDirectRoomMutation } from '../rooms/operations.ts'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Field } from '../shell/field.tsx'
import { useText } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import { useAsk, useWork } from '../shell/use-ask.ts'
import { useViewer } from '../shell/viewer.tsx'
import { type UsersData, usersQuery } from './operations.ts'
import { PersonLine } from './person-line.tsx'
import styles from './pick-person.module.css'

/** Picks somebody to talk to, and opens the one room of the two. */
export function PickPerson({ onClose }: { onClose: () => void }) {
  const t = useText()
  const kabar = useKabar()
  const { go } = useRouter()
  const work = useWork()
  const open = (userId: string) =>
    void work.run(async () => {
      const { openDirectRoom } = await kabar.mutate<OpenDirectRoomData>(openDirectRoomMutation, { input: { userId } })
      onClose()
      go(`/r/${openDirectRoom.room.code}`)
    })
  return (
    <Dialog title={t('rooms.direct')} onClose={onClose}>
      <PeopleSearch onPick={open} />
      <ErrorText error={work.error} />
    </Dialog>
  )
}

interface PeopleSearchProps {
  onPick: (userId: string) => void
  chosen?: ReadonlySet<string>
}

/** All users by name; a press picks one. */
export function PeopleSearch({ onPick, chosen }: PeopleSearchProps) {
  const t = useText()
  const kabar = useKabar()
  const viewer = useViewer()
  const [search, setSearch] = useState('')
  const asked = useDeferredValue(search.trim())
  const { data, error, isLoading } = useAsk<UsersData>(usersQuery, { search: asked || null })
  const people = data?.users.nodes.filter(({ id }) => id !== viewer.id) ?? []
  return (
    <>
      <Field
        label={t('people.search')}
        value={search}
        onChange={({ target }) => setSearch(target.value)}
        type="search"
        autoFocus
        autoComplete="off"
      />
      <ErrorText error={error} />
      <ul className={styles.people} aria-busy={isLoading} aria-label={t('people.found')}>
        {people.map((person) => (
          <li key={person.id}>
            <button
              type="button"
              className={styles.person}
              aria-pressed={chosen?.has(person.id)}
              onClick={() => onPick(person.id)}
            >
              <PersonLine
                person={person}
                url={person.avatar && kabar.absoluteUrl(person.avatar.thumbnailUrl ?? person.avatar.url)}
                presence={person.presence.status}
              >
                {chosen?.has(person.id) && <span className={styles.chosen}>✓</span>}
              </PersonLine>
            </button>
          </li>
        ))}
        {data && people.length === 0 && <li className={styles.none}>{t('people.none')}</li>}
      </ul>
    </>
  )
}
