import type { KabarError, Message, Room } from 'kabar-client'
import { useServer } from 'kabar-client/react'
import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useText } from '../shell/locale.tsx'
import { asKabarError } from '../shell/use-ask.ts'
import { useConversation, type Writing } from './conversation-context.ts'
import { useCountdown } from './use-countdown.ts'
import { useDraft } from './use-draft.ts'

interface ComposerOptions {
  writing: Writing
  onWriting: (writing: Writing) => void
  files: readonly File[]
  onFiles: (files: readonly File[]) => void
  onSent: () => void
}

/** The text that is being written, and what becomes of it. */
export interface ComposerState {
  readonly field: RefObject<HTMLTextAreaElement | null>
  readonly text: string
  readonly canSend: boolean
  readonly problem: KabarError | string | null
  /** Slow mode: how long until the next message. */
  readonly waitSeconds: number
  change(text: string): void
  insert(text: string): void
  replace(from: number, to: number, text: string): void
  submit(): void
  onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void
}

/** Writes, edits and replies. */
export function useComposer({ writing, onWriting, files, onFiles, onSent }: ComposerOptions): ComposerState {
  const t = useText()
  const { room, can } = useConversation()
  const field = useRef<HTMLTextAreaElement>(null)
  const [draft, setDraft] = useDraft(room.id)
  const [edited, setEdited] = useState<string | null>(null)
  const [problem, setProblem] = useState<KabarError | null>(null)
  const limits = useServer()?.limits
  const waitSeconds = useCountdown(can.send.code === 'SLOW_MODE' ? can.send.retryAfterMs : null)
  const isEdit = writing.kind === 'edit'
  const text = isEdit ? (edited ?? writing.message.body) : draft

  useEffect(() => {
    setEdited(null)
    setProblem(null)
    field.current?.focus()
    if (isEdit) field.current?.setSelectionRange(writing.message.body.length, writing.message.body.length)
  }, [writing, isEdit])
  useLayoutEffect(() => {
    if (!CSS.supports('field-sizing', 'content')) grow(field.current)
  })

  const setText = isEdit ? setEdited : setDraft
  const tooLong = limits && text.length > limits.messageLengthMax
  const tooMany = limits && files.length > limits.attachmentsMax
  const tooLarge = limits && files.find(({ size }) => size > limits.uploadBytesMax)
  const limit = tooLong
    ? t('composer.tooLong', { count: text.length - limits.messageLengthMax })
    : tooMany
      ? t('composer.tooMany', { count: limits.attachmentsMax })
      : tooLarge
        ? t('composer.tooLarge', { name: tooLarge.name })
        : null
  const hasContent = text.trim() !== '' || (files.length > 0 && !isEdit)
  const canSend = hasContent && limit === null && (waitSeconds === 0 || isEdit)

  const submit = () => {
    if (!canSend) return
    const body = text.trim()
    setProblem(null)
    if (isEdit) {
      const { id } = writing.message
      if (id && body !== writing.message.body)
        room.edit(id, body).catch((error: unknown) => setProblem(asKabarError(error)))
    } else {
      const replyToId = writing.kind === 'reply' ? writing.to.id : null
      // what is refused stays in the list with its reason
      room.send({ body, replyToId, files }).catch(() => {})
      setDraft('')
      onFiles([])
      onSent()
    }
    onWriting({ kind: 'new' })
  }

  const replace = (from: number, to: number, inserted: string) => {
    setText(text.slice(0, from) + inserted + text.slice(to))
    requestAnimationFrame(() => {
      field.current?.focus()
      field.current?.setSelectionRange(from + inserted.length, from + inserted.length)
    })
  }

  return {
    field,
    text,
    canSend,
    waitSeconds: isEdit ? 0 : waitSeconds,
    problem: limit ?? problem,
    change(value) {
      setText(value)
      if (!isEdit && value.trim() !== '') room.keystroke()
    },
    insert(inserted) {
      const { selectionStart = text.length, selectionEnd = text.length } = field.current ?? {}
      replace(selectionStart, selectionEnd, inserted)
    },
    replace,
    submit,
    onKeyDown(event) {
      if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing && !isTouch()) {
        event.preventDefault()
        submit()
      } else if (event.key === 'Escape' && writing.kind !== 'new') {
        event.preventDefault()
        onWriting({ kind: 'new' })
      } else if (event.key === 'ArrowUp' && text === '' && writing.kind === 'new') {
        const last = lastOwn(room)
        if (last && can.editOwn.allowed) onWriting({ kind: 'edit', message: last })
      }
    },
  }
}

/** On phones Enter breaks the line: there is a button to send. */
function isTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches && !matchMedia('(any-pointer: fine)').matches
}

function lastOwn(room: Room): Message | undefined {
  return room
    .getSnapshot()
    .messages.findLast(
      ({ isOwn, kind, state, deletedAt }) => isOwn && kind === 'TEXT' && state === 'stored' && deletedAt === null,
    )
}

function grow(field: HTMLTextAreaElement | null): void {
  if (!field) return
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}
