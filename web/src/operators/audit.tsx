import { useState } from 'react'
import { Select } from '../shell/field.tsx'
import { useLocale } from '../shell/locale.tsx'
import { type AuditData, type AuditEntry, auditKinds, auditQuery } from './operations.ts'
import styles from './operator.module.css'
import { PagedList } from './paged-list.tsx'
import { useNameOf } from './use-name-of.ts'
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
  const nameOf = useNameOf()
  const { kind, at, actor, user, room, detail, address, times } = entry
  const facts = [
    t('operator.by', { name: nameOf(actor) }),
    ...(user && user.id !== actor?.id ? [t('operator.about', { name: nameOf(user) })] : []),
    ...(room ? [`${room.name ?? t('rooms.unnamed')} (${room.code})`] : []),
    ...(detail ? [detail] : []),
    ...(address ? [address] : []),
    ...(times > 1 ? [t('operator.times', { count: times })] : []),
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
        <small dir="auto">{facts.join(' · ')}</small>
      </div>
    </div>
  )
}
