import { useKabar, useRooms } from 'kabar-client/react'
import { type SubmitEvent, useEffect } from 'react'
import { Avatar } from '../shell/avatar.tsx'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Field } from '../shell/field.tsx'
import { textIn } from '../shell/form-text.ts'
import { useLocale } from '../shell/locale.tsx'
import { Message } from '../shell/message.tsx'
import { useRouter } from '../shell/router.tsx'
import { useAsk, useWork } from '../shell/use-ask.ts'
import styles from './join-page.module.css'
import {
  type InvitePreviewData,
  invitePreviewQuery,
  type JoinRoomData,
  joinRoomMutation,
  type RoomDoorData,
  roomDoorQuery,
} from './operations.ts'

/** The door of a room, for those who came by its code, its id or an invite. */
export function JoinPage({ code, invite }: { code?: string; invite?: string }) {
  const { t } = useLocale()
  const { go } = useRouter()
  const { rooms } = useRooms()
  const isId = code?.startsWith('room_')
  const asked = code ? (isId ? { id: code } : { code }) : null
  const room = useAsk<RoomDoorData>(roomDoorQuery, asked)
  const preview = useAsk<InvitePreviewData>(invitePreviewQuery, invite ? { code: invite } : null)
  const door = room.data?.room
  const roomId = door?.id ?? preview.data?.invite.roomId
  const known = rooms.find(({ id }) => id === roomId)
  const member = known?.room.code ?? (door?.viewerMembership ? door.code : null)
  useEffect(() => {
    if (member) go(`/r/${member}`, { replace: true })
  }, [member, go])
  if (room.isLoading || preview.isLoading || member) return null
  if (!door && !preview.data) {
    return (
      <Message title={t('join.missing')} text={t('join.missingHint')} action={{ label: t('home.title'), to: '/' }} />
    )
  }
  const name = door?.name ?? preview.data?.invite.name ?? t('rooms.unnamed')
  return (
    <div className={styles.page}>
      <div className={styles.card}>
        <Avatar of={{ id: roomId ?? name, name }} size={72} isRoom />
        <h1>{name}</h1>
        <p className={styles.facts}>
          {t('rooms.members', { count: door?.memberCount ?? preview.data?.invite.memberCount ?? 0 })}
          {door?.category && ` · ${door.category.name}`}
          {door?.region && ` · ${door.region.name}`}
        </p>
        {(door?.description ?? preview.data?.invite.description) && (
          <p className={styles.about}>{door?.description ?? preview.data?.invite.description}</p>
        )}
        {preview.data && (
          <p className={styles.facts}>{t('join.invitedBy', { name: preview.data.invite.createdBy.displayName })}</p>
        )}
        <Enter
          roomId={roomId}
          invite={invite}
          needsPassword={!invite && door?.access === 'PASSWORD'}
          isClosed={!invite && door?.access === 'INVITE'}
        />
      </div>
    </div>
  )
}

interface EnterProps {
  roomId: string | undefined
  invite: string | undefined
  needsPassword: boolean
  isClosed: boolean
}

function Enter({ roomId, invite, needsPassword, isClosed }: EnterProps) {
  const { t } = useLocale()
  const kabar = useKabar()
  const { go } = useRouter()
  const work = useWork()
  const enter = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const password = textIn(new FormData(event.currentTarget), 'password')
    const input = invite ? { invite } : { roomId, ...(password && { password }) }
    void work.run(async () => {
      const { joinRoom } = await kabar.mutate<JoinRoomData>(joinRoomMutation, { input })
      go(`/r/${joinRoom.room.code}`, { replace: true })
    })
  }
  if (isClosed) return <p className={styles.facts}>{t('join.byInvite')}</p>
  return (
    <form className={styles.form} onSubmit={enter}>
      {needsPassword && (
        <Field
          label={t('rooms.password')}
          name="password"
          type="password"
          required
          maxLength={256}
          autoComplete="off"
          autoFocus
        />
      )}
      <ErrorText error={work.error} />
      <Button type="submit" look="primary" isBusy={work.isBusy} autoFocus={!needsPassword}>
        {t('join.action')}
      </Button>
    </form>
  )
}
