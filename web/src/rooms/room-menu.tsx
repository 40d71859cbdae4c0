import { useKabar } from 'kabar-client/react'
import { Bell, EllipsisVertical, LogOut, Share2 } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useText } from '../shell/locale.tsx'
import { Menu } from '../shell/menu.tsx'
import { useRouter } from '../shell/router.tsx'
import { useWork } from '../shell/use-ask.ts'
import styles from './form.module.css'
import { NotificationLevels } from './notification-levels.tsx'
import type { OpenRoom } from './open-room.ts'
import { leaveRoomMutation } from './operations.ts'

/** What is done with a room rather than in it. */
export function RoomMenu({ room, onShare }: { room: OpenRoom; onShare: () => void }) {
  const t = useText()
  const [dialog, setDialog] = useState<'notifications' | 'leave' | null>(null)
  return (
    <>
      <Menu
        label={t('room.menu')}
        icon={<EllipsisVertical size={20} />}
        items={[
          room.room?.kind === 'GROUP' && { label: t('share.title'), icon: <Share2 size={18} />, onChoose: onShare },
          { label: t('notifications.title'), icon: <Bell size={18} />, onChoose: () => setDialog('notifications') },
          room.can.leave.allowed && {
            label: t('room.leave'),
            icon: <LogOut size={18} />,
            isDangerous: true,
            onChoose: () => setDialog('leave'),
          },
        ]}
      />
      {dialog === 'notifications' && (
        <Dialog title={t('notifications.title')} onClose={() => setDialog(null)}>
          <NotificationLevels room={room} />
        </Dialog>
      )}
      {dialog === 'leave' && <LeaveRoom room={room} onClose={() => setDialog(null)} />}
    </>
  )
}

/** Asks once more, since only who may come back can come back. */
function LeaveRoom({ room, onClose }: { room: OpenRoom; onClose: () => void }) {
  const t = useText()
  const kabar = useKabar()
  const { go } = useRouter()
  const work = useWork()
  const leave = () =>
    void work.run(async () => {
      await kabar.mutate(leaveRoomMutation, { input: { roomId: room.id } })
      go('/', { replace: true })
    })
  const isOwner = room.membership?.role === 'OWNER'
  return (
    <Dialog title={t('room.leaveTitle', { name: room.title })} onClose={onClose}>
      <p>{isOwner ? t('room.leaveOwner') : t('room.leaveHint')}</p>
      <ErrorText error={work.error} />
      <div className={styles.actions}>
        <Button look="danger" isBusy={work.isBusy} onClick={leave}>
          {t('room.leave')}
        </Button>
        <Button onClick={onClose}>{t('cancel')}</Button>
      </div>
    </Dialog>
  )
}
