import { useKabar } from 'kabar-client/react'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Choice, Switch } from '../shell/field.tsx'
import { useText } from '../shell/locale.tsx'
import { useWork } from '../shell/use-ask.ts'
import { useNotificationPermission } from '../shell/use-notifications.ts'
import styles from './form.module.css'
import type { OpenRoom } from './open-room.ts'

/** Which messages of a room the viewer wants to be told of. */
export function NotificationLevels({ room }: { room: OpenRoom }) {
  const t = useText()
  const kabar = useKabar()
  const work = useWork()
  const permission = useNotificationPermission()
  const options = (['ALL', 'MENTIONS', 'NONE'] as const).map((value) => ({ value, label: t(`notifications.${value}`) }))
  return (
    <div className={styles.form}>
      <Choice
        legend={t('notifications.about')}
        value={room.membership?.notifications ?? 'ALL'}
        options={options}
        onChoose={(level) => void work.run(() => kabar.rooms.setNotifications(room.id, { level }))}
      />
      <Switch
        label={t('notifications.replies')}
        checked={room.membership?.mentionedByReplies ?? true}
        onChange={({ target }) =>
          void work.run(() => kabar.rooms.setNotifications(room.id, { mentionedByReplies: target.checked }))
        }
      />
      <ErrorText error={work.error} />
      {permission.state === 'default' && <Button onClick={permission.ask}>{t('notifications.allow')}</Button>}
      {permission.state === 'denied' && <p className={styles.muted}>{t('notifications.denied')}</p>}
    </div>
  )
}
