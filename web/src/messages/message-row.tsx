import type { Message } from 'kabar-client'
import { memo } from 'react'
import { dayOf } from '../shell/format.ts'
import { useLocale } from '../shell/locale.tsx'
import styles from './message-row.module.css'
import { SystemRow } from './system-row.tsx'
import { TextRow } from './text-row.tsx'

const groupMs = 5 * 60_000

interface MessageRowProps {
  /** Undefined while it is not held. */
  message: Message | undefined
  before: Message | null | undefined
  number: number
  isFirstUnread: boolean
  isLit: boolean
}

/** One row: what stands above a message, and the message. */
export const MessageRow = memo(function MessageRow({ message, before, number, isFirstUnread, isLit }: MessageRowProps) {
  const { t, format } = useLocale()
  // it changes with every message, and would draw all rows again
  const place = { 'aria-posinset': number, 'aria-setsize': -1 } as const
  if (!message) {
    return (
      <article className={styles.missing} aria-busy="true" aria-label={t('loading')} {...place}>
        <i />
        <i />
      </article>
    )
  }
  const isNewDay = before !== undefined && (before === null || dayOf(before.createdAt) !== dayOf(message.createdAt))
  const isGrouped = !isNewDay && !isFirstUnread && !!before && continues(before, message)
  const above = (
    <>
      {isNewDay && <h2 className={styles.day}>{format.day(message.createdAt)}</h2>}
      {isFirstUnread && <p className={styles.unread}>{t('room.newFrom')}</p>}
    </>
  )
  const Row = message.kind === 'SYSTEM' ? SystemRow : TextRow
  return <Row message={message} isGrouped={isGrouped} isLit={isLit} place={place} above={above} />
})

/** Tells whether a message goes on with the one before: of the same author, within five minutes. */
function continues(before: Message, message: Message): boolean {
  return (
    before.kind === 'TEXT' &&
    message.kind === 'TEXT' &&
    before.author?.id === message.author?.id &&
    !message.replyTo &&
    Math.abs(new Date(message.createdAt).getTime() - new Date(before.createdAt).getTime()) < groupMs
  )
}
