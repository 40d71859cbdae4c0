import { useText } from './locale.tsx'
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

/** Said of an address that has no page, or none for the viewer. */
export function MissingPage() {
  const t = useText()
  return <Message title={t('page.missing')} action={{ label: t('home.title'), to: '/' }} />
}
