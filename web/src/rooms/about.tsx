import { useLocale } from '../shell/locale.tsx'
import styles from './details.module.css'
import { NotificationLevels } from './notification-levels.tsx'
import type { OpenRoom } from './open-room.ts'
import { Share } from './share.tsx'

/** Shows the description of a room, and the ways into it. */
export function About({ room }: { room: OpenRoom }) {
  const { t, format } = useLocale()
  const about = room.room
  if (!about) return null
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    [t('rooms.description'), about.description],
    [t('rooms.category'), about.category?.name],
    [t('rooms.region'), about.region?.name],
    [t('rooms.owner'), about.owner?.displayName],
    [t('rooms.since'), format.day(about.createdAt)],
    [t('posting.title'), about.posting === 'ADMINS' ? t('posting.ADMINS') : null],
    [t('history.title'), about.history === 'SINCE_JOINED' ? t('history.SINCE_JOINED') : null],
    [
      t('ending.title'),
      about.messageSeconds ? t('ending.after', { duration: format.duration(about.messageSeconds) }) : null,
    ],
    [t('slow.title'), about.slowModeSeconds > 0 ? t('slow.seconds', { count: about.slowModeSeconds }) : null],
  ]
  return (
    <>
      <dl className={styles.facts}>
        {facts.map(([name, value]) =>
          value ? (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ) : null,
        )}
      </dl>
      {about.kind === 'GROUP' && <Share room={about} />}
      <NotificationLevels room={room} />
    </>
  )
}
