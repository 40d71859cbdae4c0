import { useKabar } from 'kabar-client/react'
import { Bell, EllipsisVertical, EyeOff, LogOut, MailOpen, Pin, PinOff, Share2, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Dialog } from '../shell/dialog.tsx'
import { useErrorText } from '../shell/error-text.tsx'
import { useText } from '../shell/locale.tsx'
import { Menu } from '../shell/menu.tsx'
import { useRouter } from '../shell/router.tsx'
import { useToast } from '../shell/toast.tsx'
import { asKabarError } from '../shell/use-ask.ts'
import { DeleteOwn, LeaveRoom } from './leave-dialogs.tsx'
import { NotificationLevels } from './notification-levels.tsx'
import type { OpenRoom } from './open-room.ts'

/** Shows the actions on a room as a whole. */
export function RoomMenu({ room, onShare }: { room: OpenRoom; onShare: () => void }) {
  const t = useText()
  const [dialog, setDialog] = useState<'notifications' | 'leave' | 'delete-own' | null>(null)
  const close = () => setDialog(null)
  const isGroup = room.room?.kind === 'GROUP'
  const place = usePlacing(room)
  return (
    <>
      <Menu
        label={t('room.menu')}
        icon={<EllipsisVertical size={20} />}
        items={[
          isGroup && { label: t('share.title'), icon: <Share2 size={18} />, onChoose: onShare },
          { label: t('notifications.title'), icon: <Bell size={18} />, onChoose: () => setDialog('notifications') },
          ...place,
          room.messageCount > 0 && {
            label: t('room.deleteOwn'),
            icon: <Trash2 size={18} />,
            isDangerous: true,
            onChoose: () => setDialog('delete-own'),
          },
          room.can.leave.allowed && {
            label: t('room.leave'),
            icon: <LogOut size={18} />,
            isDangerous: true,
            onChoose: () => setDialog('leave'),
          },
        ]}
      />
      {dialog === 'notifications' && (
        <Dialog title={t('notifications.title')} onClose={close}>
          <NotificationLevels room={room} />
        </Dialog>
      )}
      {dialog === 'leave' && <LeaveRoom room={room} onClose={close} />}
      {dialog === 'delete-own' && <DeleteOwn room={room} onClose={close} />}
    </>
  )
}

/** Where the room stands in the list of rooms: pinned, unread, hidden. */
function usePlacing({ id, membership, messageCount, can, markUnread }: OpenRoom) {
  const t = useText()
  const { rooms } = useKabar()
  const { go } = useRouter()
  const toast = useToast()
  const words = useErrorText()
  const attempt = (work: Promise<unknown>) =>
    void work.catch((error: unknown) => toast({ text: words(asKabarError(error)) }))
  /** Leaves the room, or it would be read at once. */
  const away = (work: Promise<unknown>) => {
    attempt(work)
    go('/')
  }
  return [
    membership?.pinnedAt
      ? { label: t('rooms.unpin'), icon: <PinOff size={18} />, onChoose: () => attempt(rooms.unpin(id)) }
      : { label: t('rooms.pin'), icon: <Pin size={18} />, onChoose: () => attempt(rooms.pin(id)) },
    messageCount > 0 && {
      label: t('rooms.markUnread'),
      icon: <MailOpen size={18} />,
      onChoose: () => away(markUnread(messageCount)),
    },
    can.hide.allowed && {
      label: t('rooms.hide'),
      icon: <EyeOff size={18} />,
      onChoose: () => away(rooms.hide(id)),
    },
  ]
}
