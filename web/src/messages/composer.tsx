import { useRoom } from 'kabar-client/react'
import { Paperclip, SendHorizontal, SmilePlus } from 'lucide-react'
import { lazy, memo, Suspense, useRef, useState } from 'react'
import { IconButton } from '../shell/button.tsx'
import { useText } from '../shell/locale.tsx'
import { Popover } from '../shell/menu.tsx'
import styles from './composer.module.css'
import { ComposerFiles } from './composer-files.tsx'
import { ComposerNote } from './composer-note.tsx'
import { useConversation, type Writing } from './conversation-context.ts'
import { SuggestionList } from './suggestion-list.tsx'
import { useComposer } from './use-composer.ts'
import { useSuggestions } from './use-suggestions.ts'

const EmojiPicker = lazy(() => import('./emoji-picker.tsx').then(({ EmojiPicker: picker }) => ({ default: picker })))

interface ComposerProps {
  writing: Writing
  onWriting: (writing: Writing) => void
  files: readonly File[]
  onFiles: (files: readonly File[]) => void
  onSent: () => void
}

/** The place to write: Enter sends, Shift-Enter breaks the line, the upward arrow edits what was said last. */
export const Composer = memo(function Composer(props: ComposerProps) {
  const { writing, onWriting, files, onFiles } = props
  const t = useText()
  const { room, can } = useConversation()
  const people = useRoom(room.id, ({ members }) => members.map(({ user }) => user))
  const composer = useComposer(props)
  const suggestions = useSuggestions({
    ...{ composer, people },
    mayMentionEveryone: can.mentionEveryone.allowed,
  })
  const fileInput = useRef<HTMLInputElement>(null)
  const emojiButton = useRef<HTMLButtonElement>(null)
  const [isPicking, setIsPicking] = useState(false)
  return (
    <form
      className={styles.composer}
      data-region="composer"
      aria-label={t('composer.title')}
      onSubmit={(event) => {
        event.preventDefault()
        composer.submit()
      }}
    >
      <SuggestionList {...suggestions} />
      <ComposerNote
        writing={writing}
        problem={composer.problem}
        waitSeconds={composer.waitSeconds}
        onCancel={() => onWriting({ kind: 'new' })}
      />
      <ComposerFiles files={files} onFiles={onFiles} />
      <div className={styles.line}>
        <IconButton
          label={t('composer.attach')}
          disabled={writing.kind === 'edit'}
          onClick={() => fileInput.current?.click()}
        >
          <Paperclip size={20} />
        </IconButton>
        <input
          ref={fileInput}
          type="file"
          multiple
          hidden
          onChange={({ target }) => {
            onFiles([...files, ...(target.files ?? [])])
            target.value = ''
          }}
        />
        <textarea
          ref={composer.field}
          className={styles.text}
          rows={1}
          dir="auto"
          data-region-focus
          aria-label={t('composer.placeholder')}
          placeholder={t('composer.placeholder')}
          value={composer.text}
          onChange={({ target }) => composer.change(target.value)}
          onKeyDown={(event) => suggestions.onKeyDown(event) || composer.onKeyDown(event)}
          onPaste={(event) => {
            const pasted = [...event.clipboardData.files]
            if (pasted.length === 0) return
            event.preventDefault()
            onFiles([...files, ...pasted])
          }}
          {...suggestions.combobox}
        />
        <IconButton
          ref={emojiButton}
          label={t('composer.emoji')}
          aria-expanded={isPicking}
          onClick={() => setIsPicking(!isPicking)}
        >
          <SmilePlus size={20} />
        </IconButton>
        <IconButton label={t('composer.send')} type="submit" className={styles.send} disabled={!composer.canSend}>
          <SendHorizontal size={20} />
        </IconButton>
      </div>
      {isPicking && (
        <Suspense>
          <Popover anchor={emojiButton} label={t('composer.emoji')} onClose={() => setIsPicking(false)}>
            <EmojiPicker
              onPick={(emoji) => {
                setIsPicking(false)
                composer.insert(emoji)
              }}
            />
          </Popover>
        </Suspense>
      )}
    </form>
  )
})
