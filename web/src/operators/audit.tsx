import { useState } from 'react'
import { Select } from '../shell/field.tsx'
import { useLocale } from '../shell/locale.tsx'
import { Facts } from './facts.tsx'
import { type AuditData, type AuditEntry, auditKinds, auditQuery } from './operations.ts'
import styles from './operator.module.css'
import { PagedList } from './paged-list.tsx'
import { useNames } from './use-names.ts'
import { usePages } from './use-pages.ts'

/** Security events, newest first. */
export function Audit() {
  const { t } = useLocale()
  const [kind, setKind] = useState('')
  const pages = usePages<AuditData, AuditEntry>({
    ...{ document: auditQuery, variables: { filter: kind ? { kind } : null } },
    pageOf: ({ operator }) => operator?.auditEvents,
  })
  return (
    <>
      <Select label={t('operator.kind')} value={kind} onChange={({ target }) => setKind(target.value)}>
        <option value="">{t('all')}</option>
        {auditKinds.map((name) => (
          <option key={name} value={name}>
            {t(`audit.${name}`)}
          </option>
        ))}
      </Select>
      <PagedList label={t('operator.audit')} pages={pages} none={t('operator.auditNone')}>
        {(entry) => <Line entry={entry} />}
      </PagedList>
    </>
  )
}

function Line({ entry }: { entry: AuditEntry }) {
  const { t, format } = useLocale()
  const { ofUser, ofRoom } = useNames()
  const { kind, at, actor, user, room, detail, address, times } = entry
  const facts = [
    t('operator.by', { name: ofUser(actor) }),
    user && user.id !== actor?.id && t('operator.about', { name: ofUser(user) }),
    room && `${ofRoom(room)} (${room.code})`,
    detail,
    address,
    times > 1 && t('operator.times', { count: times }),
  ]
  return (
    <div className={styles.line}>
      <div className={styles.names}>
        <span className={styles.title}>
          <b>{t(`audit.${kind}`)}</b>
          <time dateTime={at} title={format.full(at)}>
            {format.day(at)}, {format.time(at)}
          </time>
        </span>
        <Facts facts={facts} />
      </div>
    </div>
  )
}
