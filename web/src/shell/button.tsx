import type { ComponentProps, ReactNode } from 'react'
import styles from './button.module.css'

interface ButtonProps extends ComponentProps<'button'> {
  /** One primary button for each view; quiet ones stand in bars and lists. */
  look?: 'primary' | 'plain' | 'quiet' | 'danger'
  isBusy?: boolean | undefined
}

/** A button with words. */
export function Button({ look = 'plain', isBusy = false, className, disabled, ...rest }: ButtonProps) {
  const classes = [styles.button, styles[look], className].filter(Boolean).join(' ')
  return (
    <button type="button" className={classes} disabled={disabled || isBusy} aria-busy={isBusy || undefined} {...rest} />
  )
}

interface IconButtonProps extends ComponentProps<'button'> {
  /** Says what it does, to everybody: shown on hovering and read aloud. */
  label: string
  children: ReactNode
}

/** A button with a picture alone. */
export function IconButton({ label, className, children, ...rest }: IconButtonProps) {
  const classes = [styles.icon, className].filter(Boolean).join(' ')
  return (
    <button type="button" className={classes} aria-label={label} title={label} {...rest}>
      {children}
    </button>
  )
}
