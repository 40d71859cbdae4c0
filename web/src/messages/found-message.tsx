import type { Message, SearchResult } from 'kabar-client'
import { useLocale } from '../shell/locale.tsx'
import { Body } from './body.tsx'
import styles from './search-results.module.css'

interface FoundMessageProps {
  message: SearchResult | Message
  /** The room that it is in, where that is to be said. */
  room?: string | null | undefined
  /** Words to light up. */
  highlight?: string
  onGo: () => void
}

const none: ReadonlyMap<string, string> = new Map()

/** A message as a short entry that leads to where it stands. */
export function FoundMessage({ message, room, highlight, onGo }: FoundMessageProps) {
  const { t, format } = useLocale()
  const text = message.isHidden
    ? t('message.hidden')
    : message.deletedAt
      ? t('message.deleted')
      : message.body || t('attachment.FILE')
  return (
    <button type="button" className={styles.result} onClick={onGo}>
      <span className={styles.who}>
        <b>{message.author?.displayName ?? t('somebody')}</b>
        {room && <span>{room}</span>}
        <time dateTime={message.createdAt}>{format.short(message.createdAt)}</time>
      </span>
      <Body text={text} mentions={none} {...(highlight !== undefined && { highlight })} />
    </button>
  )
}
