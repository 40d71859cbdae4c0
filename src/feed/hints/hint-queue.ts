// Hints are best effort: they travel outside the feed, reach only live subscribers, and may be lost. They never wait for
// one another, and the feed never waits for them.

import type { Clock } from '../../concurrency/clock.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import type { HintContent, HintKind, ServerHintKind } from '../streams/stream-item.ts'

/** A hint between servers. */
export interface NewHint extends Pick<HintContent, 'topicId' | 'subject'> {
  readonly kind: HintKind | ServerHintKind
  /** The user who caused it; null when nobody did. */
  readonly actorId: string | null
  /** A small integer whose meaning depends on the kind, such as 1 when typing begins; 0 when unused. */
  readonly value: number
}

/** The hints of which only the last is sent. */
export type HintKey = Pick<NewHint, 'topicId' | 'kind' | 'subject'>

/** Bounds of a queue of hints. */
export interface HintQueueOptions {
  readonly clock: Clock
  /** Of the hints of one topic, kind and subject within this time, only the last is sent. */
  readonly waitMs: number
  /** The bound of the queue; one more drops the oldest. */
  readonly queuedMax: number
  readonly counts: Metrics['counts']
  send(hints: readonly NewHint[]): void
}

/** Collects hints for a moment: see `createHintQueue`. */
export interface HintQueue {
  add(hint: NewHint): void
  /** Tells whether a hint of the same topic, kind and subject is waiting. The next one takes its place. */
  isWaiting(hint: HintKey): boolean
  /** Sends the waiting hints. */
  close(): void
}

/** Creates the queue of one server. Hints wait a moment, so that equal ones are sent once. */
export function createHintQueue({ clock, waitMs, queuedMax, counts, send }: HintQueueOptions): HintQueue {
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
      const key = keyOf(hint)
      waiting.delete(key)
      waiting.set(key, hint)
      const [oldest] = waiting.keys()
      if (waiting.size > queuedMax && oldest !== undefined) {
        waiting.delete(oldest)
        counts.hints_dropped_total.queue_full += 1
      }
      cancel ??= clock.after(waitMs, flush)
    },
    isWaiting: (hint) => waiting.has(keyOf(hint)),
    close() {
      cancel?.()
      if (waiting.size > 0) flush()
    },
  }
}

const keyOf = ({ topicId, kind, subject }: HintKey) => `${topicId} ${kind} ${subject}`

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

/** Encodes a hint for a notification: at most 120 bytes. */
export function packHint({ topicId, kind, subject, actorId, value }: NewHint): string {
  return `${topicId}${letters[kind]}${subject}${actorId ?? ''}/${value}`
}

/** Decodes a hint of a notification; null when it does not understand it. */
export function unpackHint(text: string): NewHint | null {
  const [, topicId, letter = '', subject, actorId, value] = hintFormat.exec(text) ?? []
  const kind = kinds.get(letter)
  if (!topicId || !kind || !subject) return null
  return { topicId, kind, subject, actorId: actorId ?? null, value: Number(value) }
}
