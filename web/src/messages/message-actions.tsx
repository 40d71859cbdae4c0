import type { Message } from 'kabar-client'
import {
  Bookmark,
  BookmarkX,
  CopyIcon,
  Ellipsis,
  Flag,
  Info,
  Link as LinkIcon,
  MailOpen,
  Pencil,
  Pin,
  PinOff,
  Reply,
  SmilePlus,
  Trash2,
} from 'lucide-react'
import { lazy, Suspense, useRef, useState } from 'react'
import { IconButton } from '../shell/button.tsx'
import { useErrorText } from '../shell/error-text.tsx'
import { useText } from '../shell/locale.tsx'
import { Menu, Popover } from '../shell/menu.tsx'
import { useToast } from '../shell/toast.tsx'
import { asKabarError } from '../shell/use-ask.ts'
import { useConversation } from './conversation-context.ts'
import styles from './message-actions.module.css'
import { useReact } from './reactions.tsx'
import { useDeleteLater } from './use-delete-later.ts'

const EmojiPicker = lazy(() => import('./emoji-picker.tsx').then(({ EmojiPicker: picker }) => ({ default: picker })))
const MessageDetails = lazy(() =>
  import('./message-details.tsx').then(({ MessageDetails: dialog }) => ({ default: dialog })),
)
const Report = lazy(() => import('./report.tsx').then(({ Report: dialog }) => ({ default: dialog })))

const quick = ['👍', '❤️', '😂']

/** Shows the bar of actions beside a message. */
export function MessageActions({ message }: { message: Message }) {
  const t = useText()
  const { room, code, can, write } = useConversation()
  const toast = useToast()
  const words = useErrorText()
  const react = useReact(message)
  const deleteLater = useDeleteLater()
  const picker = useRef<HTMLButtonElement>(null)
  const [isPicking, setIsPicking] = useState(false)
  const [dialog, setDialog] = useState<'details' | 'report' | null>(null)
  const { id, number, isOwn, body, pinnedAt } = message
  if (id === null) return null
  const has = (emoji: string) => message.reactions.some((group) => group.emoji === emoji && group.viewerHasReacted)
  const attempt = (work: Promise<unknown>) =>
    void work.catch((error: unknown) => toast({ text: words(asKabarError(error)) }))
  const copy = (text: string) =>
    void navigator.clipboard.writeText(text).then(
      () => toast({ text: t('copied') }),
      () => {},
    )
  const isGone = message.deletedAt !== null
  const mayDelete = isOwn ? can.deleteOwn.allowed : can.moderateMessages.allowed
  return (
    <div className={styles.bar} role="toolbar" aria-label={t('message.actions')}>
      {!isGone && can.react.allowed && (
        <>
          {quick.map((emoji) => (
            <IconButton
              key={emoji}
              label={t('reactions.add', { emoji })}
              className={styles.quick}
              onClick={() => react(emoji, has(emoji))}
            >
              {emoji}
            </IconButton>
          ))}
          <IconButton
            ref={picker}
            label={t('reactions.pick')}
            aria-expanded={isPicking}
            onClick={() => setIsPicking(!isPicking)}
          >
            <SmilePlus size={18} />
          </IconButton>
        </>
      )}
      {!isGone && can.send.allowed && (
        <IconButton label={t('message.reply')} onClick={() => write({ kind: 'reply', to: message })}>
          <Reply size={18} />
        </IconButton>
      )}
      <Menu
        label={t('message.more')}
        icon={<Ellipsis size={18} />}
        items={[
          !isGone &&
            isOwn &&
            can.editOwn.allowed && {
              label: t('message.edit'),
              icon: <Pencil size={18} />,
              onChoose: () => write({ kind: 'edit', message }),
            },
          !isGone &&
            body !== '' && { label: t('message.copy'), icon: <CopyIcon size={18} />, onChoose: () => copy(body) },
          {
            label: t('message.copyLink'),
            icon: <LinkIcon size={18} />,
            onChoose: () => copy(`${location.origin}/r/${code}/${number}`),
          },
          !isGone &&
            can.pin.allowed &&
            (pinnedAt
              ? { label: t('message.unpin'), icon: <PinOff size={18} />, onChoose: () => attempt(room.unpin(id)) }
              : { label: t('message.pin'), icon: <Pin size={18} />, onChoose: () => attempt(room.pin(id)) }),
          message.isSaved
            ? { label: t('message.unsave'), icon: <BookmarkX size={18} />, onChoose: () => attempt(room.unsave(id)) }
            : !isGone && {
                label: t('message.save'),
                icon: <Bookmark size={18} />,
                onChoose: () => attempt(room.save(id)),
              },
          number !== null && {
            label: t('message.markUnread'),
            icon: <MailOpen size={18} />,
            onChoose: () => attempt(room.markUnread(number)),
          },
          { label: t('message.details'), icon: <Info size={18} />, onChoose: () => setDialog('details') },
          !isGone &&
            !isOwn &&
            can.report.allowed && {
              label: t('message.report'),
              icon: <Flag size={18} />,
              onChoose: () => setDialog('report'),
            },
          !isGone &&
            mayDelete && {
              label: t('message.delete'),
              icon: <Trash2 size={18} />,
              isDangerous: true,
              onChoose: () => deleteLater(id),
            },
        ]}
      />
      <Suspense>
        {isPicking && (
          <Popover anchor={picker} label={t('reactions.pick')} onClose={() => setIsPicking(false)}>
            <EmojiPicker
              onPick={(emoji) => {
                setIsPicking(false)
                react(emoji, has(emoji))
              }}
            />
          </Popover>
        )}
        {dialog === 'details' && <MessageDetails message={message} onClose={() => setDialog(null)} />}
        {dialog === 'report' && <Report messageId={id} onClose={() => setDialog(null)} />}
      </Suspense>
    </div>
  )
}
