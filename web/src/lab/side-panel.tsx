import { useSyncExternalStore } from 'react'
import { Button } from '../shell/button.tsx'
import { useText } from '../shell/locale.tsx'
import styles from './lab.module.css'
import type { Figures, Side } from './side.ts'

const messagesShown = 8

interface SidePanelProps {
  side: Side
  state: Figures['state']
  onCut: () => void
  onPause: (isPaused: boolean) => void
}

/** One user: how they are connected, the newest messages that they see, and faults of theirs alone. */
export function SidePanel({ side, state, onCut, onPause }: SidePanelProps) {
  const t = useText()
  const { messages, pending } = useSyncExternalStore(side.room.subscribe, side.room.getSnapshot)
  const name = t(`lab.${side.name}`)
  const isPaused = state === 'paused'
  return (
    <section className={styles.side} data-state={state} aria-label={name}>
      <header>
        <h2>{name}</h2>
        <span className={styles.state}>{t(`lab.state.${state}`)}</span>
      </header>
      <div className={styles.faults}>
        <Button onClick={onCut}>{t('lab.cut')}</Button>
        <Button onClick={() => onPause(!isPaused)}>{t(isPaused ? 'lab.resume' : 'lab.pause')}</Button>
      </div>
      <ol className={styles.messages}>
        {messages
          .slice(0, messages.length - pending.length)
          .slice(-messagesShown)
          .map((message) => (
            <li key={message.key} data-own={message.isOwn}>
              <b>{message.author?.displayName}</b>
              <span dir="ltr">{message.body}</span>
            </li>
          ))}
      </ol>
      <p className={styles.waiting}>{t('lab.waiting', { count: pending.length })}</p>
    </section>
  )
}
