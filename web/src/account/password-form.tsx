import { useKabar, useSession } from 'kabar-client/react'
import type { SubmitEvent } from 'react'
import form from '../rooms/form.module.css'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Field } from '../shell/field.tsx'
import { textIn } from '../shell/form-text.ts'
import { useText } from '../shell/locale.tsx'
import { useToast } from '../shell/toast.tsx'
import { useWork } from '../shell/use-ask.ts'
import { type ChangePasswordData, changePasswordMutation } from './operations.ts'
import styles from './settings.module.css'

/** Another password: it ends the sessions on all other devices. */
export function PasswordForm({ hasPassword }: { hasPassword: boolean }) {
  const t = useText()
  const kabar = useKabar()
  const session = useSession()
  const toast = useToast()
  const work = useWork()
  const change = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const element = event.currentTarget
    const data = new FormData(element)
    const input = {
      newPassword: textIn(data, 'new'),
      ...(hasPassword && { currentPassword: textIn(data, 'current') }),
    }
    const done = await work.run(async () => {
      const { changePassword } = await kabar.mutate<ChangePasswordData>(changePasswordMutation, { input })
      const { accessToken, refreshToken, viewer } = changePassword
      session.adopt({ accessToken, refreshToken, user: { ...viewer.user, __typename: 'User' } })
    })
    if (!done) return
    element.reset()
    toast({ text: t('account.passwordChanged') })
  }
  return (
    <form className={styles.block} onSubmit={(event) => void change(event)}>
      <h2>{t('account.changePassword')}</h2>
      {hasPassword && (
        <Field
          label={t('account.currentPassword')}
          name="current"
          type="password"
          required
          autoComplete="current-password"
        />
      )}
      <Field
        label={t('account.newPassword')}
        name="new"
        type="password"
        required
        minLength={8}
        maxLength={256}
        autoComplete="new-password"
        hint={t('account.passwordHint')}
      />
      <ErrorText error={work.error} />
      <div className={form.actions}>
        <Button type="submit" isBusy={work.isBusy}>
          {t('account.changePassword')}
        </Button>
      </div>
    </form>
  )
}
