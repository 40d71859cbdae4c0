import { Button } from '../shell/button.tsx'
import { Choice, Switch } from '../shell/field.tsx'
import { type Language, languages, useLocale } from '../shell/locale.tsx'
import { useSetting, useTheme } from '../shell/theme.ts'
import { useNotificationPermission } from '../shell/use-notifications.ts'
import styles from './settings.module.css'

/** How the pages look on this device, and which language they speak. */
export function Appearance() {
  const { t, language, setLanguage } = useLocale()
  const [theme, setTheme] = useTheme()
  const [opensAt, setOpensAt] = useSetting('kabar.opens-at', 'unread')
  const permission = useNotificationPermission()
  const themes = (['system', 'light', 'dark'] as const).map((value) => ({ value, label: t(`theme.${value}`) }))
  const spoken = Object.entries(languages).map(([value, label]) => ({ value: value as Language, label }))
  return (
    <>
      <div className={styles.block}>
        <Choice legend={t('theme.title')} value={theme} options={themes} onChoose={setTheme} />
      </div>
      <div className={styles.block}>
        <Choice legend={t('settings.language')} value={language} options={spoken} onChoose={setLanguage} />
      </div>
      <div className={styles.block}>
        <Switch
          label={t('settings.opensAtUnread')}
          checked={opensAt === 'unread'}
          onChange={({ target }) => setOpensAt(target.checked ? 'unread' : 'end')}
        />
      </div>
      <div className={styles.block}>
        <h2>{t('notifications.title')}</h2>
        {permission.state === 'default' && <Button onClick={permission.ask}>{t('notifications.allow')}</Button>}
        <p className={styles.muted}>{t(`notifications.state.${permission.state}`)}</p>
      </div>
    </>
  )
}
