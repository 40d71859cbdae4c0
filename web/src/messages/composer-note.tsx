import type { KabarError } from 'kabar-client'
import { Pencil, Reply, X } from 'lucide-react'
import { IconButton } from '../shell/button.tsx'
import { useErrorText } from '../shell/error-text.tsx'
import { useText } from '../shell/locale.tsx'
import styles from './composer-note.module.css'
import type { Writing } from './conversation-context.ts'

interface ComposerNoteProps {
  writing: Writing
  problem: KabarError | string | null
  waitSeconds: number
  onCancel: () => void
}

/** Says above the text what is written: a reply, an edit; and what keeps it from being sent. */
export function ComposerNote({ writing, problem, waitSeconds, onCancel }: ComposerNoteProps) {
  const t = useText()
  const words = useErrorText()
  return (
    <>
      {writing.kind !== 'new' && (
        <div className={styles.note}>
          {writing.kind === 'reply' ? <Reply size={16} aria-hidden /> : <Pencil size={16} aria-hidden />}
          <span>
            <b>
              {writing.kind === 'reply'
                ? t('composer.replyTo', { name: writing.to.author?.displayName ?? t('somebody') })
                : t('composer.editing')}
            </b>{' '}
            {writing.kind === 'reply' && writing.to.body}
          </span>
          <IconButton label={t('cancel')} onClick={onCancel}>
            <X size={16} />
          </IconButton>
        </div>
      )}
      {problem && (
        <p className={styles.problem} role="alert">
          {typeof problem === 'string' ? problem : words(problem)}
        </p>
      )}
      {waitSeconds > 0 && <p className={styles.wait}>{t('composer.slow', { seconds: waitSeconds })}</p>}
    </>
  )
}
