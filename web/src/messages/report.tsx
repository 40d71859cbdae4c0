import { useKabar } from 'kabar-client/react'
import type { SubmitEvent } from 'react'
import styles from '../rooms/form.module.css'
import { Button } from '../shell/button.tsx'
import { Dialog } from '../shell/dialog.tsx'
import { ErrorText } from '../shell/error-text.tsx'
import { TextArea } from '../shell/field.tsx'
import { textIn } from '../shell/form-text.ts'
import { useText } from '../shell/locale.tsx'
import { useToast } from '../shell/toast.tsx'
import { useWork } from '../shell/use-ask.ts'
import { reportMessageMutation } from './operations.ts'

/** Tells those who moderate the room why a message should go. */
export function Report({ messageId, onClose }: { messageId: string; onClose: () => void }) {
  const t = useText()
  const kabar = useKabar()
  const toast = useToast()
  const work = useWork()
  const report = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const reason = textIn(new FormData(event.currentTarget), 'reason').trim()
    const done = await work.run(() => kabar.mutate(reportMessageMutation, { input: { messageId, reason } }))
    if (!done) return
    toast({ text: t('report.done') })
    onClose()
  }
  return (
    <Dialog title={t('message.report')} onClose={onClose}>
      <form className={styles.form} onSubmit={(event) => void report(event)}>
        <TextArea
          label={t('report.reason')}
          name="reason"
          required
          maxLength={1_000}
          autoFocus
          hint={t('report.hint')}
        />
        <ErrorText error={work.error} />
        <Button type="submit" look="danger" isBusy={work.isBusy}>
          {t('report.action')}
        </Button>
      </form>
    </Dialog>
  )
}
