// How many messages are unread, by the rules of the server: see Membership.unreadCount.

import type { StoredMessage } from '../api/entities.ts'
import type { RoomData } from './room-data.ts'

/** The number after which messages are unread for a member. */
export function unreadAfter({ lastReadNumber, unreadFrom }: Markers): number {
  const read = lastReadNumber ?? 0
  return unreadFrom === null ? read : Math.min(read, unreadFrom - 1)
}

/** The read markers of a member. The number is null where the member or the viewer hides receipts; members see their own. */
interface Markers {
  readonly lastReadNumber: number | null
  readonly unreadFrom: number | null
}

/** Tells whether a message counts as unread. */
export function isCounted(
  message: Pick<StoredMessage, 'kind' | 'deletedAt' | 'isHidden' | 'author'>,
  viewerId: string,
): boolean {
  return message.kind === 'TEXT' && message.deletedAt === null && !message.isHidden && message.author?.id !== viewerId
}

/** Counts the messages of a stretch that count as unread, or are not held. */
export function countUnread({ messages, viewerId }: RoomData, { from, to }: { from: number; to: number }): number {
  let count = 0
  for (let number = from; number <= to; number++) {
    const message = messages.get(number)
    if (!message || isCounted(message, viewerId)) count += 1
  }
  return count
}

/** Returns a membership whose member has read up to a number, of `messageCount`. */
export function asReadTo<Known extends Markers & { readonly unreadCount: number; readonly mentionCount: number }>(
  known: Known,
  { number, messageCount }: { readonly number: number; readonly messageCount: number },
): Known {
  const read = known.lastReadNumber ?? 0
  const { unreadFrom } = known
  // what follows may be less than what is between the numbers: messages that do not count are not known here
  const unreadCount = Math.max(0, Math.min(known.unreadCount, messageCount - number))
  return {
    ...known,
    lastReadNumber: Math.max(read, number),
    unreadFrom: unreadFrom === null || number >= Math.max(read, unreadFrom) ? null : Math.max(unreadFrom, number + 1),
    unreadCount,
    mentionCount: Math.min(known.mentionCount, unreadCount),
  }
}

/** Finds the first message after a number that counts as unread, or is not held. */
export function firstUnread(
  { messages, viewerId }: RoomData,
  { after, messageCount }: { after: number; messageCount: number },
): number | null {
  for (let number = after + 1; number <= messageCount; number++) {
    const message = messages.get(number)
    if (!message || isCounted(message, viewerId)) return number
  }
  return null
}
