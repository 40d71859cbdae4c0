import { useKabar } from 'kabar-client/react'
import { type ReactNode, useRef, useState } from 'react'
import form from '../rooms/form.module.css'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Switch } from '../shell/field.tsx'
import { useLocale } from '../shell/locale.tsx'
import { useToast } from '../shell/toast.tsx'
import { useWork } from '../shell/use-ask.ts'
import { ChangeAccount } from './change-account.tsx'
import {
  deleteReportedMessageMutation,
  type OpenReport,
  type ReportedFile,
  type ReportsData,
  reportsQuery,
  resolveAnyReportMutation,
} from './operations.ts'
import styles from './operator.module.css'
import { PagedList } from './paged-list.tsx'
import { useNames } from './use-names.ts'
import { usePages } from './use-pages.ts'

/** Reports that wait for an operator. */
export function Reports() {
  const { t } = useLocale()
  const kabar = useKabar()
  const toast = useToast()
  const work = useWork()
  const [withModerated, setWithModerated] = useState(false)
  const [asked, setAsked] = useState<{ report: OpenReport; about: 'message' | 'author' } | null>(null)
  const list = useRef<HTMLUListElement>(null)
  const pages = usePages<ReportsData, OpenReport>({
    ...{ document: reportsQuery, variables: { withModerated } },
    pageOf: ({ operator }) => operator?.reports,
  })
  const settle = (document: string, { id }: OpenReport) =>
    work.run(async () => {
      await kabar.mutate(document, { input: { reportId: id } })
      pages.change(id, null)
      list.current?.focus()
      toast({ text: t('operator.resolved') })
    })
  const close = () => setAsked(null)
  return (
    <>
      <Switch
        label={t('operator.withModerated')}
        checked={withModerated}
        onChange={({ target }) => setWithModerated(target.checked)}
      />
      {!asked && <ErrorText error={work.error} />}
      <PagedList ref={list} label={t('operator.reports')} pages={pages} none={t('reports.none')}>
        {(report) => (
          <Entry report={report}>
            <Button isBusy={work.isBusy} onClick={() => void settle(resolveAnyReportMutation, report)}>
              {t('reports.resolve')}
            </Button>
            <Button look="danger" onClick={() => setAsked({ report, about: 'message' })}>
              {t('operator.deleteMessage')}
            </Button>
            {report.author && !report.author.isOperator && !report.author.suspendedAt && (
              <Button look="danger" onClick={() => setAsked({ report, about: 'author' })}>
                {t('operator.suspendAuthor')}
              </Button>
            )}
          </Entry>
        )}
      </PagedList>
      {asked?.about === 'message' && (
        <Dialog title={t('operator.deleteMessage')} onClose={close}>
          <p>{t('operator.deleteMessageHint')}</p>
          <ErrorText error={work.error} />
          <div className={form.actions}>
            <Button
              look="danger"
              isBusy={work.isBusy}
              onClick={() => void settle(deleteReportedMessageMutation, asked.report).then((done) => done && close())}
            >
              {t('operator.deleteMessage')}
            </Button>
            <Button onClick={close}>{t('cancel')}</Button>
          </div>
        </Dialog>
      )}
      {asked?.about === 'author' && asked.report.author && (
        <ChangeAccount
          user={asked.report.author}
          change="suspend"
          onChanged={(author) => pages.change(asked.report.id, { ...asked.report, author })}
          onClose={close}
        />
      )}
    </>
  )
}

function Entry({ report, children }: { report: OpenReport; children: ReactNode }) {
  const { t, format } = useLocale()
  const { ofUser, ofRoom } = useNames()
  const { body, reason, attachments, author, reporter, room, createdAt } = report
  return (
    <article className={styles.card} aria-label={t('operator.reportOf', { name: ofUser(author) })}>
      <blockquote dir="auto">{body || t('operator.noText')}</blockquote>
      <dl>
        {attachments.length > 0 && <Files files={attachments} />}
        <dt>{t('operator.author')}</dt>
        <dd>
          <bdi>{ofUser(author)}</bdi>
          {author?.suspendedAt && ` · ${t('operator.suspended')}`}
        </dd>
        <dt>{t('operator.reporter')}</dt>
        <dd>
          <bdi>{ofUser(reporter)}</bdi>
        </dd>
        <dt>{t('operator.reason')}</dt>
        <dd>
          <bdi>{reason}</bdi>
        </dd>
        <dt>{t('operator.where')}</dt>
        <dd>
          <bdi>{ofRoom(room)}</bdi>
          {room.kind === 'GROUP' && ` (${room.code})`} · <time dateTime={createdAt}>{format.ago(createdAt)}</time>
        </dd>
      </dl>
      <div className={form.actions}>{children}</div>
    </article>
  )
}

/** Files are links: nothing of them is loaded, let alone shown, before the operator wants it. */
function Files({ files }: { files: readonly ReportedFile[] }) {
  const { t, format } = useLocale()
  return (
    <>
      <dt>{t('operator.files')}</dt>
      <dd>
        {files.map(({ id, name, mimeType, bytes, url }) => (
          <div key={id}>
            <a href={url} download={name}>
              <bdi>{name}</bdi>
            </a>
            {` · ${format.bytes(bytes)} · ${mimeType}`}
          </div>
        ))}
      </dd>
    </>
  )
}
