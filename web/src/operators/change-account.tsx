import { useKabar } from 'kabar-client/react'
import { type SubmitEvent, useState } from 'react'
import form from '../rooms/form.module.css'
import { CopyLine } from '../rooms/share.tsx'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { TextArea } from '../shell/field.tsx'
import { textIn } from '../shell/form-text.ts'
import { useText } from '../shell/locale.tsx'
import { useWork } from '../shell/use-ask.ts'
import {
  type Account,
  type ChangedData,
  deleteUserAccountMutation,
  endUserSessionsMutation,
  type NamedUser,
  resetUserPasswordMutation,
  restoreUserMutation,
  suspendUserMutation,
} from './operations.ts'

const changes = {
  suspend: { document: suspendUserMutation, look: 'danger' },
  restore: { document: restoreUserMutation, look: 'primary' },
  signOut: { document: endUserSessionsMutation, look: 'danger' },
  resetPassword: { document: resetUserPasswordMutation, look: 'danger' },
  delete: { document: deleteUserAccountMutation, look: 'danger' },
} as const

/** The actions of an operator on an account. */
export type Change = keyof typeof changes

const reasonLengthMax = 200

interface ChangeAccountProps {
  user: NamedUser
  change: Change
  onChanged: (user: Account) => void
  onClose: () => void
}

/** Asks once more before an account changes, and for the reason of a suspension. */
export function ChangeAccount({ user, change, onChanged, onClose }: ChangeAccountProps) {
  const t = useText()
  const kabar = useKabar()
  const work = useWork()
  const [password, setPassword] = useState<string | null>(null)
  const { document, look } = changes[change]
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const reason = textIn(new FormData(event.currentTarget), 'reason').trim()
    const done = await work.run(async () => {
      const input = { userId: user.id, ...(reason && { reason }) }
      const { result } = await kabar.mutate<ChangedData>(document, { input })
      onChanged(result.user)
      setPassword(result.password ?? null)
    })
    if (done && change !== 'resetPassword') onClose()
  }
  return (
    <Dialog title={t(`operator.${change}Title`, { name: user.displayName })} onClose={onClose}>
      {password === null ? (
        <form className={form.form} onSubmit={(event) => void submit(event)}>
          <p>{t(`operator.${change}Hint`)}</p>
          {change === 'suspend' && (
            <TextArea
              label={t('ban.reason')}
              name="reason"
              maxLength={reasonLengthMax}
              hint={t('operator.reasonHint')}
            />
          )}
          <ErrorText error={work.error} />
          <div className={form.actions}>
            <Button type="submit" look={look} isBusy={work.isBusy}>
              {t(`operator.${change}`)}
            </Button>
            <Button onClick={onClose}>{t('cancel')}</Button>
          </div>
        </form>
      ) : (
        <>
          <p>{t('operator.newPassword')}</p>
          <CopyLine label={t('account.newPassword')} text={password} />
        </>
      )}
    </Dialog>
  )
}
