import { useServer, useSession } from 'kabar-client/react'
import type { SubmitEvent } from 'react'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Field } from '../shell/field.tsx'
import { textIn } from '../shell/form-text.ts'
import { useText } from '../shell/locale.tsx'
import { useWork } from '../shell/use-ask.ts'
import styles from './landing.module.css'

interface CredentialsProps {
  /** True to create an account; false to sign in to one. */
  isNew: boolean
  /** A guest who registers keeps rooms and history. */
  isUpgrade?: boolean
  onDone?: () => void
}

/** Username and password; the username alone where the server allows it. */
export function Credentials({ isNew, isUpgrade = false, onDone }: CredentialsProps) {
  const t = useText()
  const session = useSession()
  const server = useServer()
  const work = useWork()
  const isPasswordless = server?.passwordlessSignIn ?? false
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => textIn(form, name).trim()
    const username = text('username')
    const password = textIn(form, 'password')
    const displayName = text('displayName')
    const account = { username, ...(password && { password }), ...(displayName && { displayName }) }
    const done = await work.run(() => {
      if (isUpgrade) return session.upgradeGuest(account)
      return isNew ? session.register(account) : session.signIn({ username, ...(password && { password }) })
    })
    if (done) onDone?.()
  }
  const label = isUpgrade ? t('account.upgrade') : isNew ? t('landing.register') : t('landing.signIn')
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      <Field
        label={t('account.username')}
        name="username"
        required
        minLength={isNew ? 2 : 1}
        maxLength={isNew ? 32 : 254}
        pattern={isNew ? '[A-Za-z0-9][A-Za-z0-9._\\-]*[A-Za-z0-9]' : undefined}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        hint={isNew ? t('account.usernameHint') : undefined}
      />
      {isNew && !isUpgrade && (
        <Field
          label={t('account.displayName')}
          name="displayName"
          maxLength={64}
          autoComplete="nickname"
          hint={t('optional')}
        />
      )}
      <Field
        label={t('account.password')}
        name="password"
        type="password"
        required={!isPasswordless}
        minLength={isNew ? 8 : undefined}
        maxLength={256}
        autoComplete={isNew ? 'new-password' : 'current-password'}
        hint={isNew ? t('account.passwordHint') : undefined}
      />
      {isPasswordless && <p className={styles.warning}>{t('landing.passwordless')}</p>}
      <ErrorText error={work.error} />
      <Button type="submit" look="primary" isBusy={work.isBusy}>
        {label}
      </Button>
    </form>
  )
}
