import type { ReactNode } from 'react'
import { useLocale } from '../shell/locale.tsx'
import styles from './message-list.module.css'

interface ListEdgeProps {
  label: string
  count: number
  onGo: () => void
  children: ReactNode
}

/** A button at the edge of the list that leads to what is out of sight there. */
export function ListEdge({ label, count, onGo, children }: ListEdgeProps) {
  const { format } = useLocale()
  return (
    <button type="button" className={styles.edge} aria-label={label} title={label} onClick={onGo}>
      {count > 0 && <span>{count > 999 ? '999+' : format.number(count)}</span>}
      {children}
    </button>
  )
}
