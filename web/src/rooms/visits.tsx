import { useKabar } from 'kabar-client/react'
import { PersonLine } from '../people/person-line.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useLocale } from '../shell/locale.tsx'
import { useAsk } from '../shell/use-ask.ts'
import styles from './details.module.css'
import type { OpenRoom } from './open-room.ts'
import { type VisitsData, visitsQuery } from './operations.ts'

/** Shows the visits of a room, each with its beginning and end. */
export function Visits({ room }: { room: OpenRoom }) {
  const { t, format } = useLocale()
  const kabar = useKabar()
  const { data, error } = useAsk<VisitsData>(visitsQuery, { id: room.id })
  return (
    <>
      <ErrorText error={error} />
      <ul>
        {data?.room?.visits.nodes.map(({ user, enteredAt, leftAt }) => (
          <li key={`${user.id} ${enteredAt}`}>
            <PersonLine
              person={user}
              url={user.avatar && kabar.absoluteUrl(user.avatar.thumbnailUrl ?? user.avatar.url)}
              note={`${format.day(enteredAt)}, ${format.time(enteredAt)} – ${leftAt ? format.time(leftAt) : t('visits.here')}`}
            />
          </li>
        ))}
      </ul>
      {data?.room?.visits.nodes.length === 0 && <p className={styles.none}>{t('visits.none')}</p>}
    </>
  )
}
