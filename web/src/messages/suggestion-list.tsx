import { useText } from '../shell/locale.tsx'
import styles from './suggestion-list.module.css'
import type { Suggestion } from './use-suggestions.ts'

interface SuggestionListProps {
  id: string
  found: readonly Suggestion[]
  active: number
  choose: (suggestion: Suggestion) => void
}

/** Shows suggestions for the text at the caret, above it. */
export function SuggestionList({ id, found, active, choose }: SuggestionListProps) {
  const t = useText()
  if (found.length === 0) return null
  return (
    <div id={id} role="listbox" tabIndex={-1} aria-label={t('composer.suggestions')} className={styles.list}>
      {found.map((suggestion, index) => (
        <div
          key={suggestion.key}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === active}
          className={styles.option}
          // before the text loses the focus
          onMouseDown={(event) => {
            event.preventDefault()
            choose(suggestion)
          }}
        >
          <span>{suggestion.label}</span>
          <small>{suggestion.mark}</small>
        </div>
      ))}
    </div>
  )
}
