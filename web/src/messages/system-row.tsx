import { useLocale } from '../shell/locale.tsx'
import { useViewer } from '../shell/viewer.tsx'
import styles from './message-row.module.css'
import type { RowProps } from './row-props.ts'
import { useSystemText } from './use-system-text.ts'

/** Shows a notice of the room: a member who came or went, or a change of the room. */
export function SystemRow({ message, place, above, isLit }: RowProps) {
  const { format } = useLocale()
  const viewer = useViewer()
  const systemText = useSystemText()
  return (
    <article className={styles.system} tabIndex={-1} data-lit={isLit || undefined} {...place}>
      {above}
      <p>
        {systemText(message, viewer.id)} <time dateTime={message.createdAt}>{format.time(message.createdAt)}</time>
      </p>
    </article>
  )
}
