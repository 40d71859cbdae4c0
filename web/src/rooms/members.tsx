import { useKabar, useMembers } from 'kabar-client/react'
import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import { PersonLine } from '../people/person-line.tsx'
import { PeopleSearch } from '../people/pick-person.tsx'
import { Profile } from '../people/profile.tsx'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useLocale, useText } from '../shell/locale.tsx'
import { useToast } from '../shell/toast.tsx'
import { useWork } from '../shell/use-ask.ts'
import styles from './details.module.css'
import { MemberMenu } from './member-menu.tsx'
import type { OpenRoom } from './open-room.ts'
import { type AddMembersData, addMembersMutation } from './operations.ts'

/** Shows the members of a room, their roles, and how to add more. */
export function Members({ room }: { room: OpenRoom }) {
  const t = useText()
  const kabar = useKabar()
  const { members, hasMore, loadMore } = useMembers(room.id)
  const [profile, setProfile] = useState<string | null>(null)
  const [isAdding, setIsAdding] = useState(false)
  return (
    <>
      {room.can.addMembers.allowed && room.room?.kind === 'GROUP' && (
        <Button onClick={() => setIsAdding(true)}>
          <UserPlus size={18} aria-hidden /> {t('members.add')}
        </Button>
      )}
      <ul aria-label={t('room.tab.members')}>
        {members.map((member) => {
          const { user, role } = member
          return (
            <li key={user.id} className={styles.member}>
              <button type="button" className={styles.person} onClick={() => setProfile(user.id)}>
                <PersonLine
                  person={user}
                  url={user.avatar && kabar.absoluteUrl(user.avatar.thumbnailUrl ?? user.avatar.url)}
                  presence={room.presence.get(user.id)}
                >
                  {role !== 'MEMBER' && <span className={styles.role}>{t(`role.${role}`)}</span>}
                </PersonLine>
              </button>
              <MemberMenu room={room} member={member} />
            </li>
          )
        })}
      </ul>
      {hasMore && (
        <Button look="quiet" onClick={() => void loadMore()}>
          {t('more')}
        </Button>
      )}
      {profile && <Profile userId={profile} onClose={() => setProfile(null)} />}
      {isAdding && <AddMembers room={room} onClose={() => setIsAdding(false)} />}
    </>
  )
}

/** Adds some users at once, all of them or none. Who may not be added directly is invited. */
function AddMembers({ room, onClose }: { room: OpenRoom; onClose: () => void }) {
  const { t, format } = useLocale()
  const kabar = useKabar()
  const toast = useToast()
  const work = useWork()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const toggle = (userId: string) => setChosen((before) => before.symmetricDifference(new Set([userId])))
  const add = async () => {
    const input = { roomId: room.id, userIds: [...chosen] }
    const isDone = await work.run(async () => {
      const { addMembers } = await kabar.mutate<AddMembersData>(addMembersMutation, { input })
      const names = addMembers.invitations.map(({ user }) => user.displayName)
      if (names.length > 0) toast({ text: t('members.invited', { names: format.list(names) }) })
    })
    if (isDone) onClose()
  }
  return (
    <Dialog title={t('members.add')} onClose={onClose}>
      <PeopleSearch chosen={chosen} onPick={toggle} />
      <ErrorText error={work.error} />
      <Button look="primary" disabled={chosen.size === 0} isBusy={work.isBusy} onClick={() => void add()}>
        {t('members.addCount', { count: chosen.size })}
      </Button>
    </Dialog>
  )
}
