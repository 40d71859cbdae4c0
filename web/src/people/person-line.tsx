import type { ReactNode } from 'react'
import { Avatar } from '../shell/avatar.tsx'
import styles from './person-line.module.css'

interface PersonLineProps {
  person: { readonly id: string; readonly displayName: string; readonly username?: string | null }
  url?: string | null | undefined
  presence?: 'ONLINE' | 'AWAY' | 'OFFLINE' | undefined
  /** A second line; the username when not given. */
  note?: ReactNode
  /** The content at the end of the line. */
  children?: ReactNode
}

/** A person in a list. */
export function PersonLine({ person, url, presence, note, children }: PersonLineProps) {
  const second = note ?? (person.username ? `@${person.username}` : null)
  return (
    <div className={styles.line}>
      <Avatar of={{ id: person.id, name: person.displayName, url }} presence={presence} />
      <span className={styles.names}>
        <b dir="auto">{person.displayName}</b>
        {second && <small dir="auto">{second}</small>}
      </span>
      {children}
    </div>
  )
}
