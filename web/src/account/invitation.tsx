import { type InvitePreviewData, invitePreviewQuery, type RoomDoorData, roomDoorQuery } from '../rooms/operations.ts'
import { useText } from '../shell/locale.tsx'
import { useAsk } from '../shell/use-ask.ts'
import styles from './landing.module.css'

/** Tells those who came by a link where it leads, before they say who they are. */
export function Invitation({ segments: [kind, code = ''] }: { segments: readonly string[] }) {
  const t = useText()
  const invite = useAsk<InvitePreviewData>(invitePreviewQuery, kind === 'i' ? { code } : null)
  const isCode = (kind === 'j' || kind === 'r') && !code.startsWith('room_')
  const room = useAsk<RoomDoorData>(roomDoorQuery, isCode ? { code } : null)
  const name = invite.data?.invite.name ?? room.data?.room?.name
  if (!name) return null
  const count = invite.data?.invite.memberCount ?? room.data?.room?.memberCount ?? 0
  return (
    <p className={styles.invitation}>
      <strong>{t('landing.invited', { name })}</strong>
      <span>{t('rooms.members', { count })}</span>
    </p>
  )
}
