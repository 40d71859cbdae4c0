import type { Message } from 'kabar-client'
import { useKabar } from 'kabar-client/react'
import { useState } from 'react'
import { useErrorText } from '../shell/error-text.tsx'
import { useLocale } from '../shell/locale.tsx'
import { useToast } from '../shell/toast.tsx'
import { asKabarError } from '../shell/use-ask.ts'
import { useConversation } from './conversation-context.ts'
import { type ReactedByData, reactedByQuery } from './operations.ts'
import styles from './reactions.module.css'

/** Shows the reactions of members; a press adds or removes the viewer's, and hovering shows names. */
export function Reactions({ message }: { message: Message }) {
  const { t } = useLocale()
  const { can } = useConversation()
  const toggle = useReact(message)
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map())
  const who = useWhoReacted(message, setNames)
  return (
    <ul className={styles.reactions} aria-label={t('reactions.title')} onPointerEnter={who} onFocus={who}>
      {message.reactions.map(({ emoji, count, viewerHasReacted }) => (
        <li key={emoji}>
          <button
            type="button"
            className={styles.reaction}
            aria-pressed={viewerHasReacted}
            aria-label={t('reactions.one', { emoji, count })}
            title={names.get(emoji)}
            disabled={!can.react.allowed}
            onClick={() => toggle(emoji, viewerHasReacted)}
          >
            {emoji} <span>{count}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Adds a reaction or takes it back, and says where it could not. */
export function useReact(message: Message): (emoji: string, isThere: boolean) => void {
  const { room } = useConversation()
  const toast = useToast()
  const words = useErrorText()
  return (emoji, isThere) => {
    const { id } = message
    if (id === null) return
    const done = isThere ? room.unreact(id, emoji) : room.react(id, emoji)
    done.catch((error: unknown) => toast({ text: words(asKabarError(error)) }))
  }
}

function useWhoReacted(message: Message, tell: (names: ReadonlyMap<string, string>) => void): () => void {
  const kabar = useKabar()
  const { format } = useLocale()
  return () => {
    if (message.id === null) return
    kabar.query<ReactedByData>(reactedByQuery, { id: message.id }).then(
      ({ node }) => {
        const named = node?.reactions.map(
          ({ emoji, users }) => [emoji, format.list(users.nodes.map(({ displayName }) => displayName))] as const,
        )
        tell(new Map(named))
      },
      () => {},
    )
  }
}
