import type { Permission } from 'kabar-client'
import { useErrorText } from '../shell/error-text.tsx'
import styles from './no-posting.module.css'

/** Stands in the place of the composer where one may not write, and says why. */
export function NoPosting({ permission }: { permission: Permission }) {
  const words = useErrorText()
  const code = permission.code ?? 'FORBIDDEN'
  return <p className={styles.reason}>{words({ code, message: code, retryAfterMs: permission.retryAfterMs })}</p>
}
