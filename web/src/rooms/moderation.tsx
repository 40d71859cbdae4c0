import { useKabar } from 'kabar-client/react'
import { useState } from 'react'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { useLocale } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import { useAsk, useWork } from '../shell/use-ask.ts'
import styles from './details.module.css'
import type { OpenRoom } from './open-room.ts'
import {
  type CreateInviteData,
  createInviteMutation,
  type ModerationData,
  moderationQuery,
  resolveReportMutation,
  revokeInviteMutation,
  unbanMemberMutation,
} from './operations.ts'
import { CopyLine } from './share.tsx'

const inviteDays = 7

/** Invites, bans and reports, for those who moderate. */
export function Moderation({ room }: { room: OpenRoom }) {
  const { t, format } = useLocale()
  const kabar = useKabar()
  const { go } = useRouter()
  const work = useWork()
  const asked = useAsk<ModerationData>(moderationQuery, { id: room.id })
  const [made, setMade] = useState<string | null>(null)
  const change = (document: string, input: object) =>
    void work.run(async () => {
      await kabar.mutate(document, { input })
      asked.again()
    })
  const invite = () =>
    void work.run(async () => {
      const expiresAt = new Date(Date.now() + inviteDays * 86_400_000).toISOString()
      const { createInvite } = await kabar.mutate<CreateInviteData>(createInviteMutation, {
        input: { roomId: room.id, expiresAt },
      })
      setMade(createInvite.invite.code)
      asked.again()
    })
  const { invites, bans, reports } = asked.data?.room ?? {}
  const living = invites?.nodes.filter(({ revokedAt }) => revokedAt === null) ?? []
  return (
    <>
      <ErrorText error={asked.error ?? work.error} />
      <section className={styles.section}>
        <h3>{t('reports.title')}</h3>
        {reports?.nodes.length === 0 && <p className={styles.none}>{t('reports.none')}</p>}
        {reports?.nodes.map(({ id, reason, reporter, message }) => (
          <div key={id} className={styles.entry}>
            <span>
              <b>{message.author?.displayName ?? t('somebody')}</b>: {message.body}
            </span>
            <Button onClick={() => go(`/r/${room.room?.code ?? room.id}/${message.number}`)}>
              {t('reports.show')}
            </Button>
            <small>{t('reports.by', { name: reporter.displayName, reason })}</small>
            <Button look="quiet" onClick={() => change(resolveReportMutation, { reportId: id })}>
              {t('reports.resolve')}
            </Button>
          </div>
        ))}
      </section>
      <section className={styles.section}>
        <h3>{t('invites.title')}</h3>
        <Button isBusy={work.isBusy} onClick={invite}>
          {t('invites.create', { days: inviteDays })}
        </Button>
        {made && <CopyLine label={t('invites.link')} text={`${location.origin}/i/${made}`} />}
        {living.map(({ id, code, uses, usesMax, expiresAt }) => (
          <div key={id} className={styles.entry}>
            <code>{code}</code>
            <Button look="quiet" onClick={() => change(revokeInviteMutation, { inviteId: id })}>
              {t('invites.revoke')}
            </Button>
            <small>
              {t('invites.uses', { count: uses })}
              {usesMax !== null && ` / ${format.number(usesMax)}`}
              {expiresAt && ` · ${t('invites.until', { date: format.day(expiresAt) })}`}
            </small>
          </div>
        ))}
      </section>
      <section className={styles.section}>
        <h3>{t('bans.title')}</h3>
        {bans?.nodes.length === 0 && <p className={styles.none}>{t('bans.none')}</p>}
        {bans?.nodes.map(({ user, reason, createdAt }) => (
          <div key={user.id} className={styles.entry}>
            <b>{user.displayName}</b>
            <Button look="quiet" onClick={() => change(unbanMemberMutation, { roomId: room.id, userId: user.id })}>
              {t('bans.lift')}
            </Button>
            <small>
              {format.day(createdAt)}
              {reason && ` · ${reason}`}
            </small>
          </div>
        ))}
      </section>
    </>
  )
}
