// Suggestions while somebody writes `@na…` or `:smi…`.

import type { User } from 'kabar-client'
import { type KeyboardEvent, useEffect, useId, useState } from 'react'
import { useLocale } from '../shell/locale.tsx'
import { type EmojiTable, findEmoji, loadEmoji } from './emoji-table.ts'
import type { ComposerState } from './use-composer.ts'

/** One thing that is offered. */
export interface Suggestion {
  readonly key: string
  /** The text that replaces what was typed. */
  readonly text: string
  readonly label: string
  readonly mark: string
}

const shownMax = 8
const begun = /(?:^|\s)([@:])([\p{L}\p{N}._+-]{0,32})$/u

interface Suggesting {
  composer: ComposerState
  /** The members of the room. */
  people: readonly User[]
  /** True if the viewer may mention everybody. */
  mayMentionEveryone: boolean
}

/** Offers names and emojis for what is written before the caret. */
export function useSuggestions({ composer, people, mayMentionEveryone }: Suggesting) {
  const { language, t } = useLocale()
  const id = useId()
  const [emoji, setEmoji] = useState<EmojiTable | null>(null)
  const [at, setAt] = useState(0)
  const [dismissed, setDismissed] = useState<string | null>(null)
  const caret = composer.field.current?.selectionStart ?? composer.text.length
  const before = composer.text.slice(0, caret)
  const [, sign, word = ''] = begun.exec(before) ?? []
  const needsEmoji = sign === ':' && word.length > 1
  useEffect(() => {
    if (needsEmoji) loadEmoji(language).then(setEmoji, () => {})
  }, [needsEmoji, language])
  const isDismissed = dismissed === before
  const found = isDismissed
    ? []
    : sign === '@'
      ? [...(mayMentionEveryone ? findGroups(word, t) : []), ...findPeople(people, word)].slice(0, shownMax)
      : needsEmoji && emoji
        ? suggestEmoji(emoji, word)
        : []
  const active = Math.min(at, found.length - 1)

  const choose = (suggestion: Suggestion) => {
    composer.replace(caret - word.length - 1, caret, suggestion.text)
    setAt(0)
  }
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const chosen = found[active]
    if (!chosen) return false
    if (event.key === 'ArrowDown') setAt((active + 1) % found.length)
    else if (event.key === 'ArrowUp') setAt((active + found.length - 1) % found.length)
    else if (event.key === 'Tab' || (event.key === 'Enter' && !event.shiftKey)) choose(chosen)
    else if (event.key === 'Escape') setDismissed(before)
    else return false
    event.preventDefault()
    return true
  }
  const isOpen = found.length > 0
  const combobox = {
    'aria-autocomplete': 'list' as const,
    'aria-controls': isOpen ? id : undefined,
    'aria-activedescendant': isOpen ? `${id}-${active}` : undefined,
  }
  return { id, found, active, choose, onKeyDown, combobox }
}

const groups = ['everyone', 'here'] as const

function findGroups(word: string, t: ReturnType<typeof useLocale>['t']): Suggestion[] {
  return groups
    .filter((group) => group.startsWith(word.toLowerCase()))
    .map((group) => ({ key: group, text: `@${group} `, label: t(`composer.${group}`), mark: `@${group}` }))
}

function findPeople(people: readonly User[], word: string): Suggestion[] {
  const wanted = word.toLocaleLowerCase()
  const isWanted = (text: string | null) =>
    text
      ?.toLocaleLowerCase()
      .split(/\s+/)
      .some((part) => part.startsWith(wanted))
  return people
    .flatMap(({ id, username, displayName }) =>
      username && (isWanted(username) || isWanted(displayName))
        ? [{ key: id, text: `@${username} `, label: displayName, mark: `@${username}` }]
        : [],
    )
    .slice(0, shownMax)
}

function suggestEmoji(table: EmojiTable, word: string): Suggestion[] {
  return findEmoji(table, word, shownMax).map(({ emoji, name }) => ({
    key: emoji,
    text: `${emoji} `,
    label: name,
    mark: emoji,
  }))
}
