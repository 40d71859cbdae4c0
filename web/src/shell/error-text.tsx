import type { KabarError } from 'kabar-client'
import { useCallback } from 'react'
import styles from './error-text.module.css'
import { useLocale } from './locale.tsx'
import type { TextKey } from './translate.ts'

const known: Readonly<Record<string, TextKey>> = {
  BAD_CREDENTIALS: 'error.BAD_CREDENTIALS',
  BANNED: 'error.BANNED',
  BLOCKED: 'error.BLOCKED',
  EDIT_WINDOW_CLOSED: 'error.EDIT_WINDOW_CLOSED',
  FORBIDDEN: 'error.FORBIDDEN',
  ACCOUNT_SUSPENDED: 'error.ACCOUNT_SUSPENDED',
  GUESTS_DISABLED: 'error.GUESTS_DISABLED',
  INTERNAL: 'error.INTERNAL',
  INVITE_INVALID: 'error.INVITE_INVALID',
  MUTED: 'error.MUTED',
  NETWORK: 'error.NETWORK',
  NOT_FOUND: 'error.NOT_FOUND',
  NOT_KABAR: 'error.NETWORK',
  PASSWORDLESS_DISABLED: 'error.PASSWORDLESS_DISABLED',
  RATE_LIMITED: 'error.RATE_LIMITED',
  ROOM_ARCHIVED: 'error.ROOM_ARCHIVED',
  ROOM_DELETION_DISABLED: 'error.ROOM_DELETION_DISABLED',
  ROOM_FULL: 'error.ROOM_FULL',
  SERVICE_UNAVAILABLE: 'error.SERVICE_UNAVAILABLE',
  SESSION_EXPIRED: 'error.SESSION_EXPIRED',
  SLOW_MODE: 'error.SLOW_MODE',
  UNAUTHENTICATED: 'error.SESSION_EXPIRED',
  UNSUPPORTED_MEDIA: 'error.UNSUPPORTED_MEDIA',
  UPLOAD_TOO_LARGE: 'error.UPLOAD_TOO_LARGE',
  USERNAME_TAKEN: 'error.USERNAME_TAKEN',
  WRONG_ROOM_PASSWORD: 'error.WRONG_ROOM_PASSWORD',
}

/** Gives the words for a code; the server's own where the catalogs have none. */
export function useErrorText(): (error: Pick<KabarError, 'code' | 'message' | 'retryAfterMs'>) => string {
  const { t } = useLocale()
  return useCallback(
    ({ code, message, retryAfterMs }) => {
      const key = known[code]
      if (!key) return message
      const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 0) / 1_000))
      return t(key, { seconds })
    },
    [t],
  )
}

/** Says what went wrong, and to screen readers at once. */
export function ErrorText({ error }: { error: KabarError | null }) {
  const words = useErrorText()
  if (!error) return null
  const fields = error.code === 'BAD_USER_INPUT' ? error.fields.map(({ message }) => message) : []
  return (
    <p role="alert" className={styles.error}>
      {fields.length > 0 ? fields.join(' ') : words(error)}
    </p>
  )
}
