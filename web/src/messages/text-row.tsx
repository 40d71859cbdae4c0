import { useKabar } from 'kabar-client/react'
import { Bookmark, Pin, Reply, Timer } from 'lucide-react'
import { lazy, Suspense, useId, useMemo, useState } from 'react'
import { ProfileButton } from '../people/profile-button.tsx'
import { Avatar } from '../shell/avatar.tsx'
import { useLocale } from '../shell/locale.tsx'
import { useViewer } from '../shell/viewer.tsx'
import { Attachments } from './attachments.tsx'
import { Body } from './body.tsx'
import { useConversation } from './conversation-context.ts'
import styles from './message-row.module.css'
import { Reactions } from './reactions.tsx'
import type { RowProps } from './row-props.ts'
import { SendState } from './send-state.tsx'

const MessageActions = lazy(() => import('./message-actions.tsx').then(({ MessageActions: bar }) => ({ default: bar })))

/** Shows a message that a user wrote. */
export function TextRow({ message, isGrouped, isLit, place, above }: RowProps) {
  const { t, format } = useLocale()
  const kabar = useKabar()
  const viewer = useViewer()
  const { jump, historyFrom } = useConversation()
  const [isActive, setIsActive] = useState(false)
  const id = useId()
  const { author, replyTo } = message
  const name = author?.displayName ?? t('somebody')
  const url = author?.avatar?.thumbnailUrl ?? author?.avatar?.url
  const mentions = useMemo(
    () =>
      new Map(
        message.mentions.flatMap(({ username, displayName }) => (username ? [[username, displayName] as const] : [])),
      ),
    [message.mentions],
  )
  const isMentioned = message.mentionedGroup === 'EVERYONE' || message.mentions.some((user) => user.id === viewer.id)
  const isGone = message.deletedAt !== null || message.isHidden
  const edited = message.editedAt && (
    <span className={styles.edited} title={format.full(message.editedAt)}>
      {t('message.edited')}
    </span>
  )
  return (
    <article
      className={styles.message}
      tabIndex={-1}
      aria-labelledby={`${id}-who`}
      aria-describedby={`${id}-what`}
      data-grouped={isGrouped || undefined}
      data-lit={isLit || undefined}
      data-mentioned={isMentioned || undefined}
      data-state={message.state}
      onPointerEnter={({ pointerType }) => pointerType === 'mouse' && setIsActive(true)}
      onPointerLeave={({ pointerType }) => pointerType === 'mouse' && setIsActive(false)}
      onFocus={() => setIsActive(true)}
      onBlur={({ currentTarget, relatedTarget }) => !currentTarget.contains(relatedTarget) && setIsActive(false)}
      {...place}
    >
      {above}
      {replyTo && (
        <button type="button" className={styles.reply} onClick={() => jump(replyTo.number)}>
          <Reply size={14} aria-hidden />
          <b>{replyTo.author?.displayName ?? t('somebody')}</b>
          <span>
            {replyTo.isHidden
              ? t(replyTo.number < historyFrom ? 'message.before' : 'message.hidden')
              : replyTo.deletedAt
                ? t('message.deleted')
                : replyTo.body || t('attachment.FILE')}
          </span>
        </button>
      )}
      {isGrouped ? (
        <time className={styles.aside} dateTime={message.createdAt} title={format.full(message.createdAt)}>
          {format.time(message.createdAt)}
        </time>
      ) : (
        <ProfileButton user={author} className={styles.picture}>
          <Avatar of={{ id: author?.id ?? '', name, url: url && kabar.absoluteUrl(url) }} size={40} />
        </ProfileButton>
      )}
      <div className={styles.content}>
        <div className={isGrouped ? 'unseen' : styles.who} id={`${id}-who`}>
          <ProfileButton user={author} className={styles.name}>
            {name}
          </ProfileButton>{' '}
          <time dateTime={message.createdAt} title={format.full(message.createdAt)}>
            {format.time(message.createdAt)}
          </time>
          {message.pinnedAt && <Pin size={12} aria-label={t('pins.pinned')} />}
          {message.isSaved && <Bookmark size={12} aria-label={t('saved')} />}
          {message.expiresAt && !isGone && <Ending at={message.expiresAt} />}
        </div>
        <div id={`${id}-what`} className={styles.what}>
          {isGone ? (
            <p className={styles.gone}>{message.isHidden ? t('message.hidden') : t('message.deleted')}</p>
          ) : (
            message.body && (
              <Body text={message.body} mentions={mentions} viewerName={viewer.username} suffix={edited} />
            )
          )}
        </div>
        {!isGone && message.attachments.length > 0 && <Attachments message={message} />}
        {message.reactions.length > 0 && <Reactions message={message} />}
      </div>
      <SendState message={message} />
      {isActive && message.state === 'stored' && !message.isHidden && (
        <Suspense>
          <MessageActions message={message} />
        </Suspense>
      )}
    </article>
  )
}

/** Says when a message ends by itself. */
function Ending({ at }: { at: string }) {
  const { t, format } = useLocale()
  const label = t('ending.at', { when: format.full(at) })
  return (
    <span title={label}>
      <Timer size={12} aria-label={label} />
    </span>
  )
}
