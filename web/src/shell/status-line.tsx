import { useConnection } from 'kabar-client/react'
import { useEffect, useState } from 'react'
import { Button } from './button.tsx'
import { useText } from './locale.tsx'
import styles from './status-line.module.css'

/** A moment without a connection is nothing to speak of. */
const quietMs = 1_500

/** One line that tells the truth about the connection, and nothing while all is well. */
export function StatusLine() {
  const t = useText()
  const { status, behind, retry } = useConnection()
  const isWell = status === 'live' || status === 'idle' || status === 'signed-out'
  const [isShown, setIsShown] = useState(false)
  useEffect(() => {
    if (isWell) {
      setIsShown(false)
      return
    }
    const timer = setTimeout(() => setIsShown(true), quietMs)
    return () => clearTimeout(timer)
  }, [isWell])
  if (isWell || !isShown) return <div className={styles.none} role="status" />
  return (
    <div className={styles.line} role="status" data-status={status}>
      {status === 'offline' ? t('status.offline') : t('status.catchingUp', { count: behind ?? 0 })}
      {status === 'offline' && (
        <Button look="quiet" onClick={retry}>
          {t('status.retry')}
        </Button>
      )}
    </div>
  )
}
