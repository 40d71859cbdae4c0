import type { RoomInvitation } from 'kabar-client'
import { useKabar } from 'kabar-client/react'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useLocale } from '../shell/locale.tsx'
import { useWork } from '../shell/use-ask.ts'
import styles from './invitations.module.css'
import { acceptInvitationMutation, declineInvitationMutation } from './operations.ts'

/** Pending invitations of the viewer into rooms, to be accepted or declined. */
export function Invitations({ invitations }: { invitations: readonly RoomInvitation[] }) {
  const { t } = useLocale()
  return (
    <section className={styles.invitations} aria-label={t('invitations.title')}>
      <ul>
        {invitations.map((invitation) => (
          <Invitation key={invitation.id} {...invitation} />
        ))}
      </ul>
    </section>
  )
}

function Invitation({ id, room, invitedBy }: RoomInvitation) {
  const { t } = useLocale()
  const kabar = useKabar()
  const work = useWork()
  const answer = (document: string) => void work.run(() => kabar.mutate(document, { input: { invitationId: id } }))
  return (
    <li className={styles.invitation}>
      <b dir="auto">{room.name}</b>
      <small dir="auto">{t('invitations.by', { name: invitedBy.displayName })}</small>
      <div className={styles.actions}>
        <Button look="primary" isBusy={work.isBusy} onClick={() => answer(acceptInvitationMutation)}>
          {t('invitations.accept')}
        </Button>
        <Button isBusy={work.isBusy} onClick={() => answer(declineInvitationMutation)}>
          {t('invitations.decline')}
        </Button>
      </div>
      <ErrorText error={work.error} />
    </li>
  )
}
