import form from '../rooms/form.module.css'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useLocale } from '../shell/locale.tsx'
import { useAsk } from '../shell/use-ask.ts'
import { type FiguresData, figuresQuery } from './operations.ts'
import styles from './operator.module.css'

const names = ['users', 'rooms', 'messages', 'openReports', 'servers', 'databaseBytes'] as const

// zero before the database has made them
const estimates: ReadonlySet<string> = new Set(['users', 'rooms', 'messages'])

/** The size of the deployment. */
export function Figures() {
  const { t, format } = useLocale()
  const { data, error, isLoading, again } = useAsk<FiguresData>(figuresQuery, {})
  const figures = data?.operator?.figures
  const shown = (name: (typeof names)[number], value: number) => {
    if (name === 'databaseBytes') return format.bytes(value)
    return value === 0 && estimates.has(name) ? '–' : format.number(value)
  }
  return (
    <>
      <ErrorText error={error} />
      <dl className={styles.figures} aria-busy={isLoading}>
        {figures &&
          names.map((name) => (
            <div key={name}>
              <dt>{t(`figure.${name}`)}</dt>
              <dd>{shown(name, figures[name])}</dd>
            </div>
          ))}
      </dl>
      <p className={styles.none}>{t('operator.figuresHint')}</p>
      <div className={form.actions}>
        <Button isBusy={isLoading} onClick={again}>
          {t('operator.refresh')}
        </Button>
      </div>
    </>
  )
}
