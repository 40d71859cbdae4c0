import type { Member, SearchFilter } from 'kabar-client'
import { useId } from 'react'
import { Field, Select, Switch } from '../shell/field.tsx'
import { useText } from '../shell/locale.tsx'
import styles from './search-filters.module.css'

interface SearchFiltersProps {
  filter: SearchFilter
  onFilter: (filter: SearchFilter) => void
  /** The members of the room that is searched; none where all are. */
  members?: readonly Member[]
}

const parts = ['LINK', 'FILE', 'IMAGE'] as const
const dayMs = 86_400_000

/** Narrows a search. */
export function SearchFilters({ filter, onFilter, members = [] }: SearchFiltersProps) {
  const t = useText()
  const id = useId()
  const { authorId, has, sentAfter, sentBefore, mentionsViewer } = filter
  const change = (changes: SearchFilter) => {
    const entries = Object.entries({ ...filter, ...changes }).filter(([, value]) => value !== null)
    onFilter(Object.fromEntries(entries))
  }
  return (
    <details className={styles.filters}>
      <summary id={id}>{t('search.filters')}</summary>
      <fieldset className={styles.fields} aria-labelledby={id}>
        {members.length > 0 && (
          <Select
            label={t('search.author')}
            value={authorId ?? ''}
            onChange={({ target }) => change({ authorId: target.value || null })}
          >
            <option value="">{t('search.anybody')}</option>
            {members.map(({ user }) => (
              <option key={user.id} value={user.id}>
                {user.displayName}
              </option>
            ))}
          </Select>
        )}
        <Select
          label={t('search.has')}
          value={has?.[0] ?? ''}
          onChange={({ target }) => {
            const part = parts.find((one) => one === target.value)
            change({ has: part ? [part] : null })
          }}
        >
          <option value="">{t('search.has.any')}</option>
          {parts.map((part) => (
            <option key={part} value={part}>
              {t(`search.has.${part}`)}
            </option>
          ))}
        </Select>
        <Field
          label={t('search.from')}
          type="date"
          value={sentAfter ? dayOf(Date.parse(sentAfter)) : ''}
          onChange={({ target }) => change({ sentAfter: startOf(target.value, 0) })}
        />
        <Field
          label={t('search.until')}
          type="date"
          value={sentBefore ? dayOf(Date.parse(sentBefore) - dayMs / 2) : ''}
          onChange={({ target }) => change({ sentBefore: startOf(target.value, 1) })}
        />
        <Switch
          label={t('search.mentions')}
          checked={mentionsViewer ?? false}
          onChange={({ target }) => change({ mentionsViewer: target.checked || null })}
        />
      </fieldset>
    </details>
  )
}

/** The beginning of a day here, some days later. Null when no day is chosen. */
function startOf(day: string, later: number): string | null {
  const [year, month, date] = day.split('-').map(Number)
  return year && month && date ? new Date(year, month - 1, date + later).toISOString() : null
}

/** The day here of a time, as a date field has it. */
function dayOf(time: number): string {
  const at = new Date(time)
  const two = (number: number) => String(number).padStart(2, '0')
  return `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}
