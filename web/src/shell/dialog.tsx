import { X } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { IconButton } from './button.tsx'
import styles from './dialog.module.css'
import { useText } from './locale.tsx'

interface DialogProps {
  title: string
  onClose: () => void
  children: ReactNode
  /** Wide ones show lists beside each other, full ones pictures. */
  size?: 'small' | 'wide' | 'full'
}

/** Returns the first field to fill in or button to press, once the window is open. */
function firstField(dialog: HTMLDialogElement): HTMLElement | null {
  const field = 'input:not([type=file], [type=radio], [type=checkbox]), textarea'
  return (
    dialog.querySelector<HTMLElement>(field) ?? dialog.querySelector<HTMLElement>('header ~ * button, header ~ button')
  )
}

/** A window above the page, which keeps the focus and gives it back. Escape and a click beside it close it. */
export function Dialog({ title, onClose, children, size = 'small' }: DialogProps) {
  const t = useText()
  const id = useId()
  const ref = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = ref.current
    if (dialog && !dialog.open) {
      dialog.showModal()
      // otherwise the button that closes it would be first
      firstField(dialog)?.focus()
    }
    return () => dialog?.close()
  }, [])
  return (
    <dialog
      ref={ref}
      className={`${styles.dialog} ${styles[size]}`}
      aria-labelledby={id}
      onCancel={(event) => {
        if (event.target !== event.currentTarget) return
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose()
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div className={styles.body}>
        <header className={styles.header}>
          <h2 id={id}>{title}</h2>
          <IconButton label={t('close')} onClick={onClose}>
            <X size={20} />
          </IconButton>
        </header>
        {children}
      </div>
    </dialog>
  )
}
