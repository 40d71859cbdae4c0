import type { Message } from 'kabar-client'
import { FoundMessage } from './found-message.tsx'
import styles from './search-results.module.css'

/** Messages as short entries that lead to where they stand. */
export function PinList({ messages, onGo }: { messages: readonly Message[]; onGo: (number: number) => void }) {
  return (
    <ul className={styles.results}>
      {messages.map((message) => (
        <li key={message.key}>
          <FoundMessage message={message} onGo={() => message.number && onGo(message.number)} />
        </li>
      ))}
    </ul>
  )
}
