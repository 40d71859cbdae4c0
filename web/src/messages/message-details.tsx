import type { Message } from 'kabar-client'
import { useKabar } from 'kabar-client/react'
import { Check, CheckCheck } from 'lucide-react'
import { PersonLine } from '../people/person-line.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useLocale } from '../shell/locale.tsx'
import { useAsk } from '../shell/use-ask.ts'
import styles from './message-details.module.css'
import { type MessageDetailsData, messageDetailsQuery } from './operations.ts'

/** When a message was sent, whom it has reached, and what it said before. */
export function MessageDetails({ message, onClose }: { message: Message; onClose: () => void }) {
  const { t, format } = useLocale()
  const kabar = useKabar()
  const { data, error } = useAsk<MessageDetailsData>(messageDetailsQuery, { id: message.id })
  const receipts = data?.node?.receipts.nodes ?? []
  return (
    <Dialog title={t('message.details')} onClose={onClose}>
      <p className={styles.when}>{format.full(message.createdAt)}</p>
      <ErrorText error={error} />
      {(data?.node?.edits.length ?? 0) > 0 && (
        <section className={styles.section}>
          <h3>{t('message.edits')}</h3>
          {data?.node?.edits.map(({ body, replacedAt }) => (
            <div key={replacedAt} className={styles.edit}>
              <time dateTime={replacedAt}>{t('message.until', { time: format.full(replacedAt) })}</time>
              <p>{body}</p>
            </div>
          ))}
        </section>
      )}
      {receipts.length > 0 && (
        <section className={styles.section}>
          <h3>{t('receipts.title')}</h3>
          <ul>
            {receipts.map(({ status, user }) => (
              <li key={user.id}>
                <PersonLine
                  person={user}
                  url={user.avatar && kabar.absoluteUrl(user.avatar.thumbnailUrl ?? user.avatar.url)}
                >
                  <span className={styles.status} data-status={status}>
                    {status === 'SENT' ? <Check size={16} aria-hidden /> : <CheckCheck size={16} aria-hidden />}
                    {t(`delivery.${status}`)}
                  </span>
                </PersonLine>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Dialog>
  )
}
