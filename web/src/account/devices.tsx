import { useAccount, useKabar } from 'kabar-client/react'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useLocale } from '../shell/locale.tsx'
import { useWork } from '../shell/use-ask.ts'
import { deviceName } from './device-name.ts'
import { revokeSessionMutation } from './operations.ts'
import styles from './settings.module.css'

/** Where the viewer is signed in. */
export function Devices() {
  const { t, format } = useLocale()
  const kabar = useKabar()
  const work = useWork()
  const { sessions, sessionId } = useAccount()
  const living = sessions.filter(({ endedAt }) => endedAt === null)
  return (
    <div className={styles.block}>
      <h2>{t('devices.title')}</h2>
      <ErrorText error={work.error} />
      <ul>
        {living.map(({ id, userAgent, lastUsedAt, expiresAt }) => (
          <li key={id} className={styles.entry}>
            <span>
              {userAgent ? deviceName(userAgent) : t('devices.unknown')}
              <small>
                {id === sessionId ? t('devices.this') : t('devices.used', { when: format.ago(lastUsedAt) })}
                {' · '}
                {t('devices.until', { date: format.day(expiresAt) })}
              </small>
            </span>
            {id !== sessionId && (
              <Button
                look="danger"
                isBusy={work.isBusy}
                onClick={() => void work.run(() => kabar.mutate(revokeSessionMutation, { input: { sessionId: id } }))}
              >
                {t('devices.end')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}
