import { type Language, languages, useLocale } from '../shell/locale.tsx'
import styles from './landing.module.css'

/** The languages of the pages, each by its own name. */
export function LanguageChoice() {
  const { t, language, setLanguage } = useLocale()
  return (
    <select
      className={styles.language}
      aria-label={t('settings.language')}
      value={language}
      onChange={({ target }) => setLanguage(target.value as Language)}
    >
      {Object.entries(languages).map(([tag, name]) => (
        <option key={tag} value={tag} lang={tag}>
          {name}
        </option>
      ))}
    </select>
  )
}
