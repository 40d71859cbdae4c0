import { z } from 'zod'
import { assertCan, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import type { Feed } from '../../feed/feed.ts'
import { parseInput } from '../../input/parse.ts'

const typingInput = z.object({ roomId: z.uuid(), isTyping: z.boolean() })

/** What a viewer has said of their typing. */
export interface Typing {
  readonly roomId: string
  /** When it ends unless it is said again; null when the viewer does not type. */
  readonly expiresAt: Date | null
}

/**
 * Tells a room that the viewer types, or has stopped. It writes nothing to the database, and may be lost.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, ROOM_ARCHIVED, MUTED, BLOCKED
 */
export async function setTyping(context: ServiceContext, input: z.input<typeof typingInput>): Promise<Typing> {
  const { userId } = assertSignedIn(context)
  const { roomId, isTyping } = parseInput(typingInput, input)
  await assertCan(context, { roomId, action: 'type' })
  context.feed.hint({
    topicId: roomId,
    kind: 'TYPING_CHANGED',
    subject: userId,
    actorId: userId,
    value: isTyping ? 1 : 0,
  })
  return { roomId, expiresAt: isTyping ? new Date(context.clock.now() + limits.typingMs) : null }
}

/** Who types where, as one server knows it. */
export interface TypingBoard {
  close(): void
}

/** What a board is made of. */
export interface TypingBoardOptions {
  feed: Pick<Feed, 'onHint' | 'tellHere'>
  typingMs: number
  /** The users that are listed; one more drops the one who began first. */
  typingUsersMax: number
}

/**
 * Starts the board of one server.
 *
 * Each server ends everybody's typing by itself, so that a stop that is lost leaves nobody typing. Whoever follows a room
 * here is told who types in it now, whenever that changes.
 */
export function createTypingBoard({ feed, typingMs, typingUsersMax }: TypingBoardOptions): TypingBoard {
  const rooms = new Map<string, Map<string, NodeJS.Timeout>>()
  /** Whose typing changed in this tick, by room. */
  let changes = new Map<string, Set<string>>()

  function tell(roomId: string, actorId: string): void {
    if (changes.size === 0) queueMicrotask(tellAll)
    changes.set(roomId, (changes.get(roomId) ?? new Set()).add(actorId))
  }

  function tellAll(): void {
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
      if (stop(roomId, userId)) tell(roomId, userId)
    }, typingMs)
    end.unref()
    typists.set(userId, end)
    const [oldest] = typists.keys()
    if (typists.size > typingUsersMax && oldest !== undefined) stop(roomId, oldest)
    return !typed
  }

  feed.onHint('TYPING_CHANGED', ({ topicId: roomId, subject: userId, value }) => {
    const changed = value === 1 ? begin(roomId, userId) : stop(roomId, userId)
    if (changed) tell(roomId, userId)
  })
  return {
    close() {
      for (const typists of rooms.values()) for (const end of typists.values()) clearTimeout(end)
      rooms.clear()
    },
  }
}
