// Counts what a side is shown, message by message, without trusting the store that shows it.

import type { Message, RoomState } from 'kabar-client'

/** The part of a room that a ledger reads. */
export type Shown = Pick<RoomState, 'at' | 'messageCount'>

/** A message that was seen at its number. */
export interface Entry {
  readonly id: string
  readonly author: string
  /** Counted by its author, from 1. */
  readonly count: number
}

/** Everything that a side was shown, by number. */
export interface Ledger {
  /** The number of the last message, from 1. */
  readonly length: number
  at(number: number): Entry | undefined
  /** Reads on as far as messages are held. Gives the number of the first one that is not; null when all were read. */
  read(room: Shown): number | null
  /** Forgets all messages after a number. */
  cut(number: number): void
  /** How many messages came twice, and how many before one that their author sent earlier. */
  faults(): { readonly doubled: number; readonly outOfOrder: number }
}

/** The text of the message that its author counts as this. */
export const bodyOf = (count: number) => `#${count}`

/** How a message is counted by its author; 0 for one that was not sent by the lab. */
const countOf = ({ body }: Pick<Message, 'body'>) => Number(/^#(\d+)$/.exec(body)?.[1] ?? 0)

/** Creates an empty ledger. */
export function createLedger(): Ledger {
  const entries: Entry[] = []

  function isGone(room: Shown): boolean {
    const last = entries.at(-1)
    if (!last) return false
    const now = room.at(entries.length)
    // a database that was put back has fewer, or others
    return entries.length > room.messageCount || (now?.id != null && now.id !== last.id)
  }

  return {
    get length() {
      return entries.length
    },
    at: (number) => entries[number - 1],
    read(room) {
      while (isGone(room)) entries.pop()
      for (;;) {
        const message = room.at(entries.length + 1)
        if (message?.id == null) return entries.length < room.messageCount ? entries.length + 1 : null
        entries.push({ id: message.id, author: message.author?.id ?? '', count: countOf(message) })
      }
    },
    cut(number) {
      entries.length = Math.min(entries.length, number)
    },
    faults: () => faultsOf(entries),
  }
}

function faultsOf(entries: readonly Entry[]): { doubled: number; outOfOrder: number } {
  const seen = new Set<string>()
  const newest = new Map<string, number>()
  const found = { doubled: 0, outOfOrder: 0 }
  for (const { author, count } of entries) {
    const key = `${author} ${count}`
    const before = newest.get(author) ?? 0
    if (seen.has(key)) found.doubled += 1
    else if (count < before) found.outOfOrder += 1
    seen.add(key)
    newest.set(author, Math.max(before, count))
  }
  return found
}
