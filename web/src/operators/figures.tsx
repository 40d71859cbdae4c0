import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useLocale } from '../shell/locale.tsx'
import { useAsk } from '../shell/use-ask.ts'
import { type FiguresData, figuresQuery } from './operations.ts'
import styles from './operator.module.css'

const names = ['users', 'rooms', 'messages', 'openReports', 'servers', 'databaseBytes'] as const

/** The size of the deployment. */
export function Figures() {
  const { t, format } = useLocale()
  const { data, error, isLoading, again } = useAsk<FiguresData>(figuresQuery, {})
  const figures = data?.operator?.figures
  return (
    <>
      <ErrorText error={error} />
      <dl className={styles.figures} aria-busy={isLoading}>
        {figures &&
          names.map((name) => (
            <div key={name}>
              <dt>{t(`figure.${name}`)}</dt>
              <dd>{name === 'databaseBytes' ? format.bytes(figures[name]) : format.number(figures[name])}</dd>
            </div>
          ))}
      </dl>
      <p className={styles.none}>{t('operator.figuresHint')}</p>
      <Button isBusy={isLoading} onClick={again}>
        {t('operator.refresh')}
      </Button>
    </>
  )
}
