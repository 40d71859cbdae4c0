import { useAccount, useKabar, useSession } from 'kabar-client/react'
import { type SubmitEvent, useState } from 'react'
import form from '../rooms/form.module.css'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Field } from '../shell/field.tsx'
import { textIn } from '../shell/form-text.ts'
import { useLocale } from '../shell/locale.tsx'
import { useToast } from '../shell/toast.tsx'
import { useWork } from '../shell/use-ask.ts'
import { Credentials } from './credentials.tsx'
import { deleteAccountMutation, requestDataExportMutation, updateProfileMutation } from './operations.ts'
import { PasswordForm } from './password-form.tsx'
import styles from './settings.module.css'

/** How one signs in and is reached, and how one takes everything along or leaves. */
export function AccountSettings() {
  const { t } = useLocale()
  const { user, hasPassword } = useAccount()
  if (!user) return null
  if (user.isGuest) {
    return (
      <div className={styles.block}>
        <h2>{t('account.upgrade')}</h2>
        <p className={styles.muted}>{t('account.upgradeHint')}</p>
        <Credentials isNew isUpgrade />
      </div>
    )
  }
  return (
    <>
      <ContactForm />
      <PasswordForm hasPassword={hasPassword} />
      <ExportBlock />
      <DeleteBlock hasPassword={hasPassword} />
    </>
  )
}

function ContactForm() {
  const { t } = useLocale()
  const kabar = useKabar()
  const toast = useToast()
  const work = useWork()
  const { user, email, phone } = useAccount()
  const save = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const data = new FormData(event.currentTarget)
    const text = (name: string) => textIn(data, name).trim() || null
    const input = { email: text('email'), phone: text('phone') }
    if (await work.run(() => kabar.mutate(updateProfileMutation, { input }))) toast({ text: t('saved') })
  }
  return (
    <form className={styles.block} onSubmit={(event) => void save(event)}>
      <h2>@{user?.username}</h2>
      <Field
        label={t('account.email')}
        name="email"
        type="email"
        defaultValue={email ?? ''}
        autoComplete="email"
        hint={t('account.private')}
      />
      <Field
        label={t('account.phone')}
        name="phone"
        type="tel"
        defaultValue={phone ?? ''}
        autoComplete="tel"
        placeholder="+62…"
      />
      <ErrorText error={work.error} />
      <div className={form.actions}>
        <Button type="submit" isBusy={work.isBusy}>
          {t('save')}
        </Button>
      </div>
    </form>
  )
}

function ExportBlock() {
  const { t, format } = useLocale()
  const kabar = useKabar()
  const work = useWork()
  const { dataExport } = useAccount()
  const isPending = dataExport?.status === 'PENDING'
  return (
    <div className={styles.block}>
      <h2>{t('export.title')}</h2>
      <p className={styles.muted}>{t('export.about')}</p>
      <ErrorText error={work.error} />
      <div className={form.actions}>
        <Button
          isBusy={work.isBusy || isPending}
          onClick={() =>
            void work.run(() => kabar.mutate(requestDataExportMutation, { input: { includeMedia: true } }))
          }
        >
          {isPending ? t('export.pending') : t('export.request')}
        </Button>
        {dataExport?.status === 'READY' && dataExport.url && (
          <a href={kabar.absoluteUrl(dataExport.url)} download>
            {t('export.download', { size: format.bytes(dataExport.bytes ?? 0) })}
          </a>
        )}
      </div>
    </div>
  )
}

function DeleteBlock({ hasPassword }: { hasPassword: boolean }) {
  const { t } = useLocale()
  const kabar = useKabar()
  const session = useSession()
  const work = useWork()
  const [isAsking, setIsAsking] = useState(false)
  const remove = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const password = textIn(new FormData(event.currentTarget), 'password')
    const input = hasPassword ? { password } : {}
    if (await work.run(() => kabar.mutate(deleteAccountMutation, { input }))) await session.signOut().catch(() => {})
  }
  return (
    <div className={styles.block}>
      <h2>{t('deletion.title')}</h2>
      <p className={styles.muted}>{t('deletion.about')}</p>
      <div className={form.actions}>
        <Button look="danger" onClick={() => setIsAsking(true)}>
          {t('deletion.title')}
        </Button>
      </div>
      {isAsking && (
        <Dialog title={t('deletion.title')} onClose={() => setIsAsking(false)}>
          <form className={form.form} onSubmit={(event) => void remove(event)}>
            <p>{t('deletion.sure')}</p>
            {hasPassword && (
              <Field
                label={t('account.password')}
                name="password"
                type="password"
                required
                autoComplete="current-password"
              />
            )}
            <ErrorText error={work.error} />
            <Button type="submit" look="danger" isBusy={work.isBusy}>
              {t('deletion.action')}
            </Button>
          </form>
        </Dialog>
      )}
    </div>
  )
}
