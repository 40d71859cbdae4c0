import { useState, useSyncExternalStore } from 'react'
import { Button } from '../shell/button.tsx'
import { Switch } from '../shell/field.tsx'
import { useText } from '../shell/locale.tsx'
import type { Experiment } from './experiment.ts'
import { FiguresTable } from './figures-table.tsx'
import styles from './lab.module.css'
import { SidePanel } from './side-panel.tsx'

/** The buttons, the counters, and the two users. */
export function ExperimentPage({ experiment }: { experiment: Experiment }) {
  const t = useText()
  const { isSending, happening, figures } = useSyncExternalStore(experiment.subscribe, experiment.getSnapshot)
  const [hasFailed, setHasFailed] = useState(false)
  const disturb = (fault: Promise<void>) => {
    setHasFailed(false)
    fault.catch(() => setHasFailed(true))
  }
  return (
    <main className={styles.page}>
      <header className={styles.header}>
        <h1>{t('lab.title')}</h1>
        <p>{t('lab.about')}</p>
      </header>
      <div className={styles.controls}>
        <Switch
          label={t('lab.sending', { count: 20 })}
          checked={isSending}
          onChange={({ target }) => experiment.setSending(target.checked)}
        />
        <Button look="danger" disabled={happening !== null} onClick={() => disturb(experiment.kill())}>
          {t('lab.kill')}
        </Button>
        <Button look="danger" disabled={happening !== null} onClick={() => disturb(experiment.rewind())}>
          {t('lab.rewind')}
        </Button>
        <p className={styles.happening} role="status">
          {hasFailed ? t('lab.faultFailed') : happening && t(`lab.happening.${happening}`)}
        </p>
      </div>
      <FiguresTable figures={figures} />
      <div className={styles.sides}>
        {experiment.sides.map((side) => (
          <SidePanel
            key={side.name}
            side={side}
            state={figures[side.name].state}
            onCut={() => disturb(experiment.cut(side))}
            onPause={(isPaused) => disturb(experiment.setPaused(side, isPaused))}
          />
        ))}
      </div>
    </main>
  )
}
