// Dialogs that confirm actions without undo.

import { useKabar } from 'kabar-client/react'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useText } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import { useToast } from '../shell/toast.tsx'
import { useWork } from '../shell/use-ask.ts'
import styles from './form.module.css'
import type { OpenRoom } from './open-room.ts'
import { leaveRoomMutation } from './operations.ts'

/** Asks once more, since only who may come back can come back. */
export function LeaveRoom({ room, onClose }: { room: OpenRoom; onClose: () => void }) {
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

/** Deletes all that the viewer has written in a room. */
export function DeleteOwn({ room, onClose }: { room: OpenRoom; onClose: () => void }) {
  const t = useText()
  const toast = useToast()
  const work = useWork()
  const remove = async () => {
    const done = await work.run(async () => {
      const count = await room.removeOwn()
      toast({ text: t('room.deletedOwn', { count }) })
    })
    if (done) onClose()
  }
  return (
    <Dialog title={t('room.deleteOwnTitle', { name: room.title })} onClose={onClose}>
      <p>{t('room.deleteOwnHint')}</p>
      <ErrorText error={work.error} />
      <div className={styles.actions}>
        <Button look="danger" isBusy={work.isBusy} onClick={() => void remove()}>
          {t('room.deleteOwn')}
        </Button>
        <Button onClick={onClose}>{t('cancel')}</Button>
      </div>
    </Dialog>
  )
}
