import type { OpenRoom } from '../rooms/open-room.ts'
import { useErrorText } from '../shell/error-text.tsx'
import { useText } from '../shell/locale.tsx'
import styles from './no-posting.module.css'

/** Stands in the place of the composer where one may not write, and says why. */
export function NoPosting({ room }: { room: OpenRoom }) {
  const t = useText()
  const words = useErrorText()
  const { code, retryAfterMs } = room.can.send
  const isClosed = code === 'FORBIDDEN' && room.room?.posting === 'ADMINS'
  const why = { code: code ?? 'FORBIDDEN', message: code ?? '', retryAfterMs }
  return <p className={styles.reason}>{isClosed ? t('posting.closed') : words(why)}</p>
}
