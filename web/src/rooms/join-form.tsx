import { KabarError } from 'kabar-client'
import { useKabar } from 'kabar-client/react'
import { type SubmitEvent, useState } from 'react'
import { Button } from '../shell/button.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { Field } from '../shell/field.tsx'
import { textIn } from '../shell/form-text.ts'
import { useText } from '../shell/locale.tsx'
import { useRouter } from '../shell/router.tsx'
import { useWork } from '../shell/use-ask.ts'
import styles from './form.module.css'
import { type JoinRoomData, joinRoomMutation } from './operations.ts'
import { parseRoomAddress } from './parse-room-address.ts'

/** Joins by whatever somebody was given: a code, an id, a link or an invite. */
export function JoinForm() {
  const t = useText()
  const kabar = useKabar()
  const { go } = useRouter()
  const work = useWork()
  const [needsPassword, setNeedsPassword] = useState(false)
  const join = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const password = textIn(form, 'password')
    const input = { ...parseRoomAddress(textIn(form, 'door')), ...(password && { password }) }
    void work.run(async () => {
      try {
        const { joinRoom } = await kabar.mutate<JoinRoomData>(joinRoomMutation, { input })
        go(`/r/${joinRoom.room.code}`)
      } catch (error) {
        const asks = error instanceof KabarError && error.code === 'WRONG_ROOM_PASSWORD'
        setNeedsPassword(asks)
        // asking for it the first time is no fault
        if (!asks || needsPassword) throw error
      }
    })
  }
  return (
    <form className={styles.form} onSubmit={join}>
      <div className={styles.row}>
        <Field label={t('join.label')} name="door" required maxLength={300} autoComplete="off" spellCheck={false} />
        <Button type="submit" look="primary" isBusy={work.isBusy}>
          {t('join.action')}
        </Button>
      </div>
      {needsPassword && (
        <Field
          label={t('rooms.password')}
          name="password"
          type="password"
          required
          maxLength={256}
          autoComplete="off"
          autoFocus
        />
      )}
      <ErrorText error={work.error} />
    </form>
  )
}
