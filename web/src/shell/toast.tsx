// Short words at the edge of the page, with at most one thing to do about them.

import { createContext, type ReactNode, use, useMemo, useState } from 'react'
import { Button } from './button.tsx'
import styles from './toast.module.css'

const shownMs = 5_000

/** A word, and what can be done about it while it is shown. */
export interface Toast {
  readonly text: string
  readonly action?: { readonly label: string; readonly run: () => void } | undefined
  /** Called when it went without its action. */
  readonly onGone?: (() => void) | undefined
}

type Show = (toast: Toast) => void

const ToastContext = createContext<Show>(() => {})

/** Shows toasts for the pages inside it, one after the other. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly (Toast & { key: number })[]>([])
  const show = useMemo<Show>(() => {
    let key = 0
    return (toast) => {
      const made = { ...toast, key: key++ }
      const end = (hasRun: boolean) => {
        clearTimeout(timer)
        setToasts((all) => all.filter((other) => other.key !== made.key))
        if (!hasRun) toast.onGone?.()
      }
      const timer = setTimeout(() => end(false), shownMs)
      const { action } = toast
      const run = () => {
        end(true)
        action?.run()
      }
      setToasts((all) => [...all, action ? { ...made, action: { ...action, run } } : made])
    }
  }, [])
  return (
    <ToastContext value={show}>
      {children}
      <div className={styles.toasts} role="status">
        {toasts.map(({ key, text, action }) => (
          <div key={key} className={styles.toast}>
            <span>{text}</span>
            {action && (
              <Button look="quiet" onClick={action.run}>
                {action.label}
              </Button>
            )}
          </div>
        ))}
      </div>
    </ToastContext>
  )
}

/** Shows a toast. */
export function useToast(): Show {
  return use(ToastContext)
}
