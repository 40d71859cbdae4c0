import { useLocale } from '../shell/locale.tsx'
import type { SideName } from './control.ts'
import styles from './lab.module.css'
import type { Figures } from './side.ts'

const sides = ['left', 'right'] as const
const counters = ['sent', 'stored', 'shown', 'lost', 'doubled', 'outOfOrder', 'verified', 'takenBack'] as const
const faults: ReadonlySet<string> = new Set(['lost', 'doubled', 'outOfOrder'])

/** The counters of both sides. */
export function FiguresTable({ figures }: { figures: Readonly<Record<SideName, Figures>> }) {
  const { t, format } = useLocale()
  const tone = (counter: (typeof counters)[number], value: number | null) => {
    if (value === null) return 'bad'
    if (faults.has(counter)) return value === 0 ? 'good' : 'bad'
    return undefined
  }
  const recovery = (ms: number | null) =>
    ms === null ? '–' : format.duration(Math.max(0.1, Math.round(ms / 100) / 10))
  return (
    <table className={styles.figures}>
      <thead>
        <tr>
          <td />
          {sides.map((side) => (
            <th key={side} scope="col">
              {t(`lab.${side}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {counters.map((counter) => (
          <tr key={counter} data-counter={counter}>
            <th scope="row">{t(`lab.${counter}`)}</th>
            {sides.map((side) => {
              const value = figures[side][counter]
              return (
                <td key={side} data-tone={tone(counter, value)}>
                  {value === null ? t('lab.differs') : format.number(value)}
                </td>
              )
            })}
          </tr>
        ))}
        <tr data-counter="recovery">
          <th scope="row">{t('lab.recovery')}</th>
          {sides.map((side) => (
            <td key={side}>{recovery(figures[side].recoveryMs)}</td>
          ))}
        </tr>
      </tbody>
    </table>
  )
}
