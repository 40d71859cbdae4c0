import styles from './message.module.css'
import { Link } from './router.tsx'

interface MessageProps {
  title: string
  text?: string | undefined
  action?: { label: string; to: string } | undefined
}

/** A page that has only a word to say. */
export function Message({ title, text, action }: MessageProps) {
  return (
    <div className={styles.message}>
      <h1>{title}</h1>
      {text && <p>{text}</p>}
      {action && <Link to={action.to}>{action.label}</Link>}
    </div>
  )
}
