// Hints: what is told outside the feed, to those who are there, and may be lost. They never wait for one another, and
// nothing of the feed waits for them.

import type { Clock } from '../../concurrency/clock.ts'
import type { HintContent, HintKind, ServerHintKind } from '../streams/stream-item.ts'

/** A hint as it travels between servers. */
export interface NewHint extends Pick<HintContent, 'topicId' | 'subject'> {
  readonly kind: HintKind | ServerHintKind
  /** Whose doing it is; null for nobody's. */
  readonly actorId: string | null
  /** A small whole number that the kind explains, such as 1 when typing begins; 0 where it says nothing. */
  readonly value: number
}

/** Bounds of a queue of hints. */
export interface HintQueueOptions {
  readonly clock: Clock
  /** Hints of the same topic, kind and subject within this time become one: the last. */
  readonly waitMs: number
  /** One more drops the oldest. */
  readonly queuedMax: number
  send(hints: readonly NewHint[]): void
}

/** Gathers hints for a moment: see `createHintQueue`. */
export interface HintQueue {
  add(hint: NewHint): void
  /** Sends what waits. */
  close(): void
}

/** Makes the queue of one server: hints wait a moment, so that many become few. */
export function createHintQueue({ clock, waitMs, queuedMax, send }: HintQueueOptions): HintQueue {
  let waiting = new Map<string, NewHint>()
  let cancel: (() => void) | null = null

  function flush(): void {
    const hints = [...waiting.values()]
    waiting = new Map()
    cancel = null
    send(hints)
  }

  return {
    add(hint) {
      const key = `${hint.topicId} ${hint.kind} ${hint.subject}`
      waiting.delete(key)
      waiting.set(key, hint)
      const [oldest] = waiting.keys()
      if (waiting.size > queuedMax && oldest !== undefined) waiting.delete(oldest)
      cancel ??= clock.after(waitMs, flush)
    },
    close() {
      cancel?.()
      if (waiting.size > 0) flush()
    },
  }
}

/** The letter of each kind on the wire. */
const letters: Readonly<Record<NewHint['kind'], string>> = {
  TYPING_CHANGED: 't',
  PRESENCE_CHANGED: 'p',
  RECEIPT_ADVANCED: 'r',
  ROOM_ADVANCED: 'a',
  USER_UPDATED: 'u',
  USER_ACTIVE: 'o',
}

const kinds = new Map(Object.entries(letters).map(([kind, letter]) => [letter, kind as NewHint['kind']]))

const id = '[0-9a-f-]{36}'
const hintFormat = new RegExp(`^(${id})([a-z])(${id})(${id})?/(\\d{1,9})$`)

/** Writes a hint for a notification: at most 120 bytes. */
export function packHint({ topicId, kind, subject, actorId, value }: NewHint): string {
  return `${topicId}${letters[kind]}${subject}${actorId ?? ''}/${value}`
}

/** Reads a hint of a notification; null for what it does not understand. */
export function unpackHint(text: string): NewHint | null {
  const [, topicId, letter = '', subject, actorId, value] = hintFormat.exec(text) ?? []
  const kind = kinds.get(letter)
  if (!topicId || !kind || !subject) return null
  return { topicId, kind, subject, actorId: actorId ?? null, value: Number(value) }
}
