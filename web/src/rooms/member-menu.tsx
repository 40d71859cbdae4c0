import type { Member } from 'kabar-client'
import { useKabar } from 'kabar-client/react'
import { Crown, Ellipsis, MicOff, ShieldCheck, ShieldOff, UserX } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText, useErrorText } from '../shell/error-text.tsx'
import { Field } from '../shell/field.tsx'
import { useText } from '../shell/locale.tsx'
import { Menu } from '../shell/menu.tsx'
import { useToast } from '../shell/toast.tsx'
import { asKabarError, useWork } from '../shell/use-ask.ts'
import { useViewer } from '../shell/viewer.tsx'
import styles from './form.module.css'
import type { OpenRoom } from './open-room.ts'
import {
  banMemberMutation,
  muteMemberMutation,
  removeMemberMutation,
  setMemberRoleMutation,
  transferOwnershipMutation,
} from './operations.ts'

const muteMs = 60 * 60_000
const ranks = { MEMBER: 0, ADMIN: 1, OWNER: 2 } as const

/** Shows the actions that the viewer may take on a member. */
export function MemberMenu({ room, member }: { room: OpenRoom; member: Member }) {
  const t = useText()
  const kabar = useKabar()
  const viewer = useViewer()
  const toast = useToast()
  const words = useErrorText()
  const [isBanning, setIsBanning] = useState(false)
  const { user, role, mutedUntil } = member
  const own = room.membership?.role ?? 'MEMBER'
  const isBelow = ranks[own] > ranks[role] && user.id !== viewer.id
  if (!isBelow || room.room?.kind !== 'GROUP') return null
  const { can } = room
  const target = { roomId: room.id, userId: user.id }
  const change = (document: string, more: object = {}) =>
    void kabar
      .mutate(document, { input: { ...target, ...more } })
      .catch((error: unknown) => toast({ text: words(asKabarError(error)) }))
  const isMuted = mutedUntil !== null && new Date(mutedUntil) > new Date()
  const newRole = role === 'ADMIN' ? 'MEMBER' : 'ADMIN'
  return (
    <>
      <Menu
        label={t('members.menu', { name: user.displayName })}
        icon={<Ellipsis size={18} />}
        items={[
          can.manageRoles.allowed && {
            label: t(newRole === 'ADMIN' ? 'members.makeAdmin' : 'members.makeMember'),
            icon: newRole === 'ADMIN' ? <ShieldCheck size={18} /> : <ShieldOff size={18} />,
            onChoose: () => change(setMemberRoleMutation, { role: newRole }),
          },
          own === 'OWNER' && {
            label: t('members.makeOwner'),
            icon: <Crown size={18} />,
            onChoose: () => change(transferOwnershipMutation),
          },
          can.mute.allowed && {
            label: t(isMuted ? 'members.unmute' : 'members.mute'),
            icon: <MicOff size={18} />,
            onChoose: () =>
              change(muteMemberMutation, { until: isMuted ? null : new Date(Date.now() + muteMs).toISOString() }),
          },
          can.removeMembers.allowed && {
            label: t('members.remove'),
            icon: <UserX size={18} />,
            isDangerous: true,
            onChoose: () => change(removeMemberMutation),
          },
          can.ban.allowed && {
            label: t('members.ban'),
            icon: <UserX size={18} />,
            isDangerous: true,
            onChoose: () => setIsBanning(true),
          },
        ]}
      />
      {isBanning && <BanMember target={target} name={user.displayName} onClose={() => setIsBanning(false)} />}
    </>
  )
}

interface BanMemberProps {
  target: { roomId: string; userId: string }
  name: string
  onClose: () => void
}

function BanMember({ target, name, onClose }: BanMemberProps) {
  const t = useText()
  const kabar = useKabar()
  const work = useWork()
  const [reason, setReason] = useState('')
  const ban = async () => {
    const input = { ...target, reason: reason.trim() || null }
    if (await work.run(() => kabar.mutate(banMemberMutation, { input }))) onClose()
  }
  return (
    <Dialog title={t('members.banTitle', { name })} onClose={onClose}>
      <Field
        label={t('ban.reason')}
        value={reason}
        onChange={({ target: field }) => setReason(field.value)}
        maxLength={500}
        hint={t('ban.hint')}
      />
      <ErrorText error={work.error} />
      <div className={styles.actions}>
        <Button look="danger" isBusy={work.isBusy} onClick={() => void ban()}>
          {t('members.ban')}
        </Button>
        <Button onClick={onClose}>{t('cancel')}</Button>
      </div>
    </Dialog>
  )
}
