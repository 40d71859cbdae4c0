import { useKabar } from 'kabar-client/react'
import { Ban, MessageCircle, UserMinus, UserPlus, UserRoundCheck } from 'lucide-react'
import { type OpenDirectRoomData, openDirectRoomMutation } from '../rooms/operations.ts'
import { Avatar } from '../shell/avatar.tsx'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useLocale } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import { useAsk, useWork } from '../shell/use-ask.ts'
import { useViewer } from '../shell/viewer.tsx'
import {
  blockUserMutation,
  friendMutations,
  type ProfileData,
  profileQuery,
  unblockUserMutation,
} from './operations.ts'
import styles from './profile.module.css'

/** Shows a user's profile, and the relation of the viewer to them. */
export function Profile({ userId, onClose }: { userId: string; onClose: () => void }) {
  const { t, format } = useLocale()
  const kabar = useKabar()
  const viewer = useViewer()
  const { data, error } = useAsk<ProfileData>(profileQuery, { id: userId })
  const user = data?.node
  if (!user) {
    return (
      <Dialog title={t('profile.title')} onClose={onClose}>
        <ErrorText error={error} />
      </Dialog>
    )
  }
  const url = user.avatar && kabar.absoluteUrl(user.avatar.thumbnailUrl ?? user.avatar.url)
  const { status, lastSeenAt } = user.presence
  const seen =
    status === 'OFFLINE' && lastSeenAt ? t('presence.seen', { when: format.ago(lastSeenAt) }) : t(`presence.${status}`)
  return (
    <Dialog title={t('profile.title')} onClose={onClose}>
      <div className={styles.profile}>
        <Avatar of={{ id: user.id, name: user.displayName, url }} size={88} presence={status} />
        <h3>{user.displayName}</h3>
        <p className={styles.facts}>
          {user.username ? `@${user.username}` : user.isGuest ? t('profile.guest') : ''}
          {user.id !== viewer.id && ` · ${seen}`}
        </p>
        {user.bio && <p className={styles.bio}>{user.bio}</p>}
        <p className={styles.facts}>{t('profile.since', { date: format.day(user.createdAt) })}</p>
      </div>
      {user.id !== viewer.id && <ProfileActions user={user} onClose={onClose} />}
    </Dialog>
  )
}

function ProfileActions({ user, onClose }: { user: NonNullable<ProfileData['node']>; onClose: () => void }) {
  const { t } = useLocale()
  const kabar = useKabar()
  const viewer = useViewer()
  const { go } = useRouter()
  const work = useWork()
  const input = { userId: user.id }
  const change = (document: string) =>
    void work.run(() => kabar.mutate(document, { input })).then((done) => done && onClose())
  const write = () =>
    void work.run(async () => {
      const { openDirectRoom } = await kabar.mutate<OpenDirectRoomData>(openDirectRoomMutation, { input })
      onClose()
      go(`/r/${openDirectRoom.room.code}`)
    })
  const { friendship } = user
  const isMine = friendship?.requester.id === viewer.id
  return (
    <>
      <ErrorText error={work.error} />
      <div className={styles.actions}>
        <Button look="primary" isBusy={work.isBusy} disabled={user.isBlocked} onClick={write}>
          <MessageCircle size={18} aria-hidden /> {t('profile.message')}
        </Button>
        {!friendship && !user.isBlocked && (
          <Button onClick={() => change(friendMutations.send)}>
            <UserPlus size={18} aria-hidden /> {t('friends.add')}
          </Button>
        )}
        {friendship?.status === 'PENDING' && (
          <Button onClick={() => change(isMine ? friendMutations.cancel : friendMutations.accept)}>
            <UserRoundCheck size={18} aria-hidden /> {isMine ? t('friends.cancel') : t('friends.accept')}
          </Button>
        )}
        {friendship?.status === 'ACCEPTED' && (
          <Button onClick={() => change(friendMutations.remove)}>
            <UserMinus size={18} aria-hidden /> {t('friends.remove')}
          </Button>
        )}
        <Button look="danger" onClick={() => change(user.isBlocked ? unblockUserMutation : blockUserMutation)}>
          <Ban size={18} aria-hidden /> {user.isBlocked ? t('block.undo') : t('block.do')}
        </Button>
      </div>
    </>
  )
}
