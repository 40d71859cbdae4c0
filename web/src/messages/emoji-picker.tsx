import { type KeyboardEvent, useEffect, useMemo, useState } from 'react'
import { useLocale } from '../shell/locale.tsx'
import { useSetting } from '../shell/theme.ts'
import { userKey } from '../shell/user-storage.ts'
import { useViewer } from '../shell/viewer.tsx'
import styles from './emoji-picker.module.css'
import { type Emoji, type EmojiTable, findEmoji, loadEmoji, withTone } from './emoji-table.ts'

const foundMax = 80
const columns = 8
const tones = [0, 1, 2, 3, 4, 5]
const recentMax = 16

/** Every emoji, by group or by a word for it, in the skin tone of one's choice. */
export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const { t, language } = useLocale()
  const [table, setTable] = useState<EmojiTable | null>(null)
  const [search, setSearch] = useState('')
  const viewer = useViewer()
  const [tone, setTone] = useSetting(userKey(viewer.id, 'tone'), '0')
  const [recent, setRecent] = useSetting(userKey(viewer.id, 'emoji'), '')
  useEffect(() => {
    loadEmoji(language).then(setTable, () => {})
  }, [language])
  const found = useMemo(() => (table && search.trim() ? findEmoji(table, search, foundMax) : null), [table, search])
  const recents = useMemo(() => {
    const chosen = recent.split(' ').filter(Boolean)
    return chosen.map((emoji) => ({ emoji, name: emoji, words: '', isToned: false }))
  }, [recent])
  const pick = (emoji: string) => {
    setRecent([emoji, ...recent.split(' ').filter((other) => other !== emoji)].slice(0, recentMax).join(' '))
    onPick(emoji)
  }
  const sections = found
    ? [{ key: 'found', label: t('emoji.found', { count: found.length }), emojis: found }]
    : [
        ...(recents.length > 0 ? [{ key: 'recent', label: t('emoji.recent'), emojis: recents }] : []),
        ...(table ?? []).map(({ group, emojis }) => ({ key: String(group), label: t(groupKey(group)), emojis })),
      ]
  return (
    <div className={styles.picker}>
      <div className={styles.top}>
        <input
          type="search"
          className={styles.search}
          aria-label={t('emoji.search')}
          placeholder={t('emoji.search')}
          autoFocus
          value={search}
          onChange={({ target }) => setSearch(target.value)}
          onKeyDown={(event) => {
            const first = found?.[0]
            if (event.key === 'Enter' && first) pick(withTone(first, Number(tone)))
            if (event.key === 'Enter') event.preventDefault()
          }}
        />
        <select
          className={styles.tone}
          aria-label={t('emoji.tone')}
          value={tone}
          onChange={({ target }) => setTone(target.value)}
        >
          {tones.map((value) => (
            <option key={value} value={value} aria-label={t('emoji.toneName', { number: value })}>
              {withTone({ emoji: '✋', name: '', words: '', isToned: true }, value)}
            </option>
          ))}
        </select>
      </div>
      <div className={styles.groups} onKeyDown={moveInGrid} role="presentation">
        {sections.map(({ key, label, emojis }) => (
          <section key={key} className={styles.group} aria-label={label}>
            <h3>{label}</h3>
            <Grid emojis={emojis} tone={Number(tone)} onPick={pick} />
          </section>
        ))}
      </div>
    </div>
  )
}

function Grid({ emojis, tone, onPick }: { emojis: readonly Emoji[]; tone: number; onPick: (emoji: string) => void }) {
  return (
    <div className={styles.grid}>
      {emojis.map((emoji) => {
        const shown = withTone(emoji, tone)
        return (
          <button
            key={emoji.emoji}
            type="button"
            title={emoji.name}
            aria-label={emoji.name}
            onClick={() => onPick(shown)}
          >
            {shown}
          </button>
        )
      })}
    </div>
  )
}

function groupKey(group: number) {
  const keys = [
    'emoji.faces',
    'emoji.people',
    'emoji.faces',
    'emoji.nature',
    'emoji.food',
    'emoji.travel',
    'emoji.activities',
    'emoji.objects',
    'emoji.symbols',
    'emoji.flags',
  ] as const
  return keys[group] ?? 'emoji.symbols'
}

function moveInGrid(event: KeyboardEvent<HTMLElement>): void {
  const isRightToLeft = document.documentElement.dir === 'rtl'
  const right = isRightToLeft ? -1 : 1
  const step = { ArrowRight: right, ArrowLeft: -right, ArrowDown: columns, ArrowUp: -columns }[event.key]
  if (step === undefined) return
  const buttons = [...event.currentTarget.querySelectorAll('button')]
  const at = buttons.findIndex((element) => element.matches(':focus'))
  buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus()
  event.preventDefault()
}
