import { useServer, useSession } from 'kabar-client/react'
import { type SubmitEvent, useState } from 'react'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Field } from '../shell/field.tsx'
import { textIn } from '../shell/form-text.ts'
import { useText } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import { useWork } from '../shell/use-ask.ts'
import { Credentials } from './credentials.tsx'
import { Invitation } from './invitation.tsx'
import styles from './landing.module.css'
import { LanguageChoice } from './language-choice.tsx'

type Way = 'guest' | 'sign-in' | 'register'

/** The first page: in as a guest with a name, or by an account. */
export function Landing() {
  const t = useText()
  const server = useServer()
  const { segments } = useRouter()
  const { reason } = useSession() as { reason?: string | null }
  const hasGuests = server?.guests ?? true
  const [chosen, setWay] = useState<Way | null>(null)
  const way = chosen ?? (hasGuests ? 'guest' : 'sign-in')
  return (
    <div className={styles.page}>
      <main className={styles.card}>
        <img src="/icon.svg" alt="" width="56" height="56" />
        <h1>{server?.name ?? 'Kabar'}</h1>
        <p className={styles.about}>{t('landing.about')}</p>
        {reason && <p className={styles.reason}>{t('landing.ended')}</p>}
        <Invitation segments={segments} />
        {way === 'guest' ? <GuestForm /> : <Credentials key={way} isNew={way === 'register'} />}
        <div className={styles.ways}>
          {way !== 'guest' && hasGuests && (
            <Button look="quiet" onClick={() => setWay('guest')}>
              {t('landing.asGuest')}
            </Button>
          )}
          {way !== 'sign-in' && (
            <Button look="quiet" onClick={() => setWay('sign-in')}>
              {t('landing.signIn')}
            </Button>
          )}
          {way !== 'register' && (
            <Button look="quiet" onClick={() => setWay('register')}>
              {t('landing.register')}
            </Button>
          )}
        </div>
      </main>
      <footer className={styles.footer}>
        <LanguageChoice />
      </footer>
    </div>
  )
}

/** A name is all that it takes. */
function GuestForm() {
  const t = useText()
  const session = useSession()
  const work = useWork()
  const enter = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const displayName = textIn(new FormData(event.currentTarget), 'name')
    void work.run(() => session.signInAsGuest({ displayName }))
  }
  return (
    <form className={styles.form} onSubmit={enter}>
      <Field
        label={t('landing.name')}
        name="name"
        required
        maxLength={64}
        autoComplete="nickname"
        autoFocus
        hint={t('landing.guestHint')}
      />
      <ErrorText error={work.error} />
      <Button type="submit" look="primary" isBusy={work.isBusy}>
        {t('landing.enter')}
      </Button>
    </form>
  )
}
