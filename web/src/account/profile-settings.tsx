import { useAccount, useKabar } from 'kabar-client/react'
import type { SubmitEvent } from 'react'
import styles from '../rooms/form.module.css'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Field, TextArea } from '../shell/field.tsx'
import { textIn } from '../shell/form-text.ts'
import { useText } from '../shell/locale.tsx'
import { useToast } from '../shell/toast.tsx'
import { useWork } from '../shell/use-ask.ts'
import { AvatarSettings } from './avatar-settings.tsx'
import { updateProfileMutation } from './operations.ts'

/** Shows the settings of what others see of the viewer. */
export function ProfileSettings() {
  const t = useText()
  const kabar = useKabar()
  const toast = useToast()
  const work = useWork()
  const { user } = useAccount()
  if (!user) return null
  const save = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const input = { displayName: textIn(form, 'displayName').trim(), bio: textIn(form, 'bio').trim() || null }
    if (await work.run(() => kabar.mutate(updateProfileMutation, { input }))) toast({ text: t('saved') })
  }
  return (
    <>
      <AvatarSettings user={user} />
      <form className={styles.form} onSubmit={(event) => void save(event)}>
        <Field
          label={t('account.displayName')}
          name="displayName"
          required
          maxLength={64}
          defaultValue={user.displayName}
          autoComplete="nickname"
        />
        <TextArea
          label={t('account.bio')}
          name="bio"
          maxLength={500}
          defaultValue={user.bio ?? ''}
          hint={t('account.bioHint')}
        />
        <ErrorText error={work.error} />
        <Button type="submit" look="primary" isBusy={work.isBusy}>
          {t('save')}
        </Button>
      </form>
    </>
  )
}
