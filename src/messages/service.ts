import { assertCan, assertCanFind, assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { parseNumberPlace } from '../access/place.ts'
import { bodyText } from '../access/text.ts'
import { limits } from '../config.ts'
import type { Db } from '../database/client.ts'
import { badInput, invariant, notFound } from '../errors.ts'
import type { Cursor } from '../feed/cursor.ts'
import type { FeedEvent } from '../feed/events.ts'
import type { HintKind, Signal } from '../feed/signal.ts'
import type { FeedStream } from '../feed/stream.ts'
import type { EventKind, Message } from '../generated/prisma/client.ts'
import type { Stretch } from './queries.ts'

/** What a message says: nothing, if need be, where it has files. */
export const messageBody = bodyText({
  lengthMax: limits.messageLengthMax,
  bytesMax: limits.messageBytesMax,
  mayBeBlank: true,
})

/**
 * Finds a message in a room that the viewer reads.
 *
 * @throws AppError NOT_FOUND, alike for a message that does not exist and for one of another's room.
 */
export async function findReadableMessage(context: ServiceContext, messageId: string): Promise<Message> {
  assertSignedIn(context)
  const message = await context.db.message.findUnique({ where: { id: messageId } })
  // one that does not exist takes as long as one that is not to be seen: no room has its id
  await assertCanFind(context, { roomId: message?.roomId ?? messageId, action: 'read', what: 'message' })
  if (!message) throw notFound('message')
  return message
}

/** A part of a room's history. */
export interface HistoryQuery {
  roomId: string
  take: number
  direction: 'forward' | 'backward'
  /** The keys of the message to begin after or end before; null for the end that `direction` starts from. */
  place: readonly string[] | null
}

/**
 * Finds the stretch of history of a page, in a room that the viewer reads.
 *
 * It is bounded by the snapshot that the room's event cursor is from, so that stream and history join.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for a cursor of another list.
 */
export async function findStretch(context: ServiceContext, query: HistoryQuery): Promise<Stretch> {
  const { roomId, take, direction } = query
  const { topic } = await assertCan(context, { roomId, action: 'read' })
  const place = parseNumberPlace(query.place, direction === 'forward' ? 'after' : 'before')
  const above = direction === 'forward' ? (place ?? 0) : 0
  const upTo = direction === 'backward' && place !== null ? Math.min(place - 1, topic.lastNumber) : topic.lastNumber
  return { roomId, above, upTo, direction, take }
}

/**
 * Finds the stretch of history with a number in its middle.
 *
 * It is moved where it would pass an end.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for a number below 1.
 */
export async function findStretchAround(
  context: ServiceContext,
  { roomId, around, take }: { roomId: string; around: number; take: number },
): Promise<Stretch> {
  const { topic } = await assertCan(context, { roomId, action: 'read' })
  if (around < 1) throw badInput('around', 'must be the number of a message, from 1')
  const above = Math.max(0, Math.min(around - 1 - Math.floor(take / 2), topic.lastNumber - take))
  return { roomId, above, upTo: topic.lastNumber, direction: 'forward', take }
}

const leaving: ReadonlySet<EventKind> = new Set(['MEMBER_LEFT', 'MEMBER_REMOVED', 'MEMBER_BANNED', 'MEMBER_DELETED'])

/** A closure of its own, because it lives as long as the stream: it must not hold the operation's context. */
const endsFor = (viewerId: string) => (event: FeedEvent) =>
  event.kind === 'ROOM_DELETED' || (leaving.has(event.kind) && event.subject === viewerId)

/** What to follow of a room. */
export interface FollowRoom {
  roomId: string
  after: Cursor | null
  /** Whether the stream speaks of a signal. */
  selects(signal: Signal): boolean
  /** The kinds of hints that it wants. */
  hintKinds: ReadonlySet<HintKind>
}

/**
 * Follows a room that the viewer reads. The stream ends with the event that takes the viewer out of the room.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT when the cursor is of another feed.
 */
export function followRoom(context: ServiceContext, request: FollowRoom): Promise<FeedStream> {
  const { roomId, after, selects, hintKinds } = request
  const viewer = assertSignedIn(context)
  return context.feed.stream({
    topicId: roomId,
    after,
    async open() {
      context.forget()
      const [{ topic }, blocks] = await Promise.all([
        assertCan(context, { roomId, action: 'read' }),
        context.blocks.viewOf(viewer.userId),
      ])
      const interest = {
        viewerId: viewer.userId,
        hiddenActorIds: blocks.blockedIds,
        shunnedUserIds: blocks.shunnedIds,
        settling: blocks.settling,
        hintKinds,
        selects,
        endsWith: endsFor(viewer.userId),
      }
      return { state: topic, interest }
    },
    attend: () => context.attendance.enterRoom({ roomId, userId: viewer.userId }),
    onSessionEnd: (callback) => context.sessions.watch(viewer, callback),
    forget: () => context.forget(),
  })
}

/** Gives a message that is known to be there. */
export async function getMessage(db: Db, id: string): Promise<Message> {
  const message = await db.message.findUnique({ where: { id } })
  invariant(message, `message ${id} is there: messages are removed only with their room`)
  return message
}
