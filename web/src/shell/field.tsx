import { type ComponentProps, type ReactNode, useId } from 'react'
import styles from './field.module.css'

interface FieldProps extends ComponentProps<'input'> {
  label: string
  hint?: ReactNode
  error?: string | undefined
}

/** A line to write in, with its label, a hint and what is wrong with it. */
export function Field({ label, hint, error, className, ...input }: FieldProps) {
  const id = useId()
  const note = error ?? hint
  return (
    <div className={[styles.field, className].filter(Boolean).join(' ')}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className={styles.input}
        aria-invalid={error ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        {...input}
      />
      {note && (
        <p id={`${id}-note`} className={error ? styles.error : styles.hint}>
          {note}
        </p>
      )}
    </div>
  )
}

/** Several lines to write in. */
export function TextArea({ label, hint, ...area }: ComponentProps<'textarea'> & { label: string; hint?: ReactNode }) {
  const id = useId()
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className={styles.input}
        rows={3}
        aria-describedby={hint ? `${id}-note` : undefined}
        {...area}
      />
      {hint && (
        <p id={`${id}-note`} className={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  )
}

/** One of a few, as a list that opens. */
export function Select({ label, children, ...select }: ComponentProps<'select'> & { label: string }) {
  const id = useId()
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <select id={id} className={styles.input} {...select}>
        {children}
      </select>
    </div>
  )
}

interface ChoiceProps<Value extends string> {
  legend: string
  value: Value
  options: readonly { value: Value; label: string; hint?: string }[]
  onChoose: (value: Value) => void
}

/** One of a few, all of them in sight. */
export function Choice<Value extends string>({ legend, value, options, onChoose }: ChoiceProps<Value>) {
  const name = useId()
  return (
    <fieldset className={styles.choice}>
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} className={styles.option}>
          <input type="radio" name={name} checked={option.value === value} onChange={() => onChoose(option.value)} />
          <span>
            {option.label}
            {option.hint && <small>{option.hint}</small>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** On or off. */
export function Switch({ label, ...input }: ComponentProps<'input'> & { label: string }) {
  return (
    <label className={styles.switch}>
      <span>{label}</span>
      <input type="checkbox" role="switch" {...input} />
    </label>
  )
}
