// Keeps who is typing on one server, and tells its followers. service.ts decides who may type.

import type { Typists } from '../../access/context.ts'
import type { Feed } from '../../feed/feed.ts'
import type { NewHint } from '../../feed/hints/hint-queue.ts'

/** The users who are typing in rooms, as one server knows. */
export interface TypingBoard extends Typists {
  close(): void
}

/** The parts of the server and the limits that a typing board needs. */
export interface TypingBoardOptions {
  feed: Pick<Feed, 'hint' | 'isHintWaiting' | 'onHint' | 'tellHere'>
  typingMs: number
  /** The maximum of listed users; one more drops the oldest. */
  typingUsersMax: number
}

/** The hint that a user has begun to type in a room, goes on, or has stopped. */
export const typingHint = (roomId: string, userId: string, isTyping: boolean): NewHint => ({
  topicId: roomId,
  kind: 'TYPING_CHANGED',
  subject: userId,
  actorId: userId,
  value: isTyping ? 1 : 0,
})

/**
 * Creates the typing board of one server.
 *
 * Typing ends when a client says so, and with the message, the membership or the right to send: see the callers of `end`.
 * Each server also ends it by its own timer, so that a lost stop leaves nobody typing. Followers of a room on this server
 * receive the list of typing users whenever it changes.
 */
export function createTypingBoard({ feed, typingMs, typingUsersMax }: TypingBoardOptions): TypingBoard {
  const rooms = new Map<string, Map<string, NodeJS.Timeout>>()
  /** Users whose typing changed in this tick, by room. */
  let changes = new Map<string, Set<string>>()

  function queueChange(roomId: string, actorId: string): void {
    if (changes.size === 0) queueMicrotask(sendChanges)
    changes.set(roomId, (changes.get(roomId) ?? new Set()).add(actorId))
  }

  function sendChanges(): void {
    const due = changes
    changes = new Map()
    for (const [roomId, actorIds] of due) {
      const userIds = [...(rooms.get(roomId)?.keys() ?? [])]
      feed.tellHere({ topicId: roomId, kind: 'TYPING_CHANGED', subject: roomId, actorIds: [...actorIds], userIds })
    }
  }

  function stop(roomId: string, userId: string): boolean {
    const typists = rooms.get(roomId)
    clearTimeout(typists?.get(userId))
    const typed = typists?.delete(userId) ?? false
    if (typists?.size === 0) rooms.delete(roomId)
    return typed
  }

  function begin(roomId: string, userId: string): boolean {
    const typed = stop(roomId, userId)
    const typists = rooms.get(roomId) ?? new Map<string, NodeJS.Timeout>()
    rooms.set(roomId, typists)
    const end = setTimeout(() => {
      if (stop(roomId, userId)) queueChange(roomId, userId)
    }, typingMs)
    end.unref()
    typists.set(userId, end)
    const [oldest] = typists.keys()
    if (typists.size > typingUsersMax && oldest !== undefined) stop(roomId, oldest)
    return !typed
  }

  feed.onHint('TYPING_CHANGED', ({ topicId: roomId, subject: userId, value }) => {
    const changed = value === 1 ? begin(roomId, userId) : stop(roomId, userId)
    if (changed) queueChange(roomId, userId)
  })
  return {
    end({ roomId, userId }) {
      const stopped = typingHint(roomId, userId, false)
      // bots send without typing: no hint is sent for them
      if (rooms.get(roomId)?.has(userId) || feed.isHintWaiting(stopped)) feed.hint(stopped)
    },
    close() {
      for (const typists of rooms.values()) for (const end of typists.values()) clearTimeout(end)
      rooms.clear()
    },
  }
}
