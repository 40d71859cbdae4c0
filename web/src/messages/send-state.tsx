import type { Message } from 'kabar-client'
import { Check, CheckCheck, CircleAlert, Clock } from 'lucide-react'
import { Button } from '../shell/button.tsx'
import { useErrorText } from '../shell/error-text.tsx'
import { useText } from '../shell/locale.tsx'
import styles from './send-state.module.css'

/** How far an own message has come: on its way, stored, delivered, read; or why not, and what to do about it. */
export function SendState({ message }: { message: Message }) {
  const t = useText()
  const words = useErrorText()
  const { state, error, delivery, isOwn } = message
  if (state === 'failed' && error) {
    return (
      <div className={styles.failed} role="alert">
        <CircleAlert size={16} aria-hidden />
        <span>{words(error)}</span>
        <Button look="quiet" onClick={message.retry}>
          {t('message.retry')}
        </Button>
        <Button look="quiet" onClick={message.discard}>
          {t('message.discard')}
        </Button>
      </div>
    )
  }
  if (!isOwn) return null
  if (state === 'sending') {
    return (
      <span className={styles.state} title={t('delivery.SENDING')}>
        <Clock size={14} aria-label={t('delivery.SENDING')} />
      </span>
    )
  }
  if (!delivery) return null
  const label = t(`delivery.${delivery}`)
  return (
    <span className={styles.state} data-delivery={delivery} title={label}>
      {delivery === 'SENT' ? <Check size={16} aria-label={label} /> : <CheckCheck size={16} aria-label={label} />}
    </span>
  )
}
