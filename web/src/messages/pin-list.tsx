import type { Message } from 'kabar-client'
import { useLocale } from '../shell/locale.tsx'
import { Body } from './body.tsx'
import styles from './search-results.module.css'

const none: ReadonlyMap<string, string> = new Map()

/** Messages as short entries that lead to where they stand. */
export function PinList({ messages, onGo }: { messages: readonly Message[]; onGo: (number: number) => void }) {
  const { t, format } = useLocale()
  return (
    <ul className={styles.results}>
      {messages.map((message) => (
        <li key={message.key}>
          <button type="button" className={styles.result} onClick={() => message.number && onGo(message.number)}>
            <span className={styles.who}>
              <b>{message.author?.displayName ?? t('somebody')}</b>
              <time dateTime={message.createdAt}>{format.short(message.createdAt)}</time>
            </span>
            <Body
              text={message.isHidden ? t('message.hidden') : message.body || t('attachment.FILE')}
              mentions={none}
            />
          </button>
        </li>
      ))}
    </ul>
  )
}
