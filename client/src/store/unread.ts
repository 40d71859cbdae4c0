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

/** Returns the unread counts of a member who has read up to a number. */
export function countsAfterReading(
  known: { readonly unreadCount: number; readonly mentionCount: number },
  { unread }: { readonly unread: number },
): { unreadCount: number; mentionCount: number } {
  // what follows may be less than what is between the numbers: messages that do not count are not known here
  const unreadCount = Math.max(0, Math.min(known.unreadCount, unread))
  return { unreadCount, mentionCount: Math.min(known.mentionCount, unreadCount) }
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

/** Returns the read markers of a member who has read up to a number. */
export function readUpTo(
  { lastReadNumber, unreadFrom }: Markers,
  number: number,
): { lastReadNumber: number; unreadFrom: number | null } {
  const read = lastReadNumber ?? 0
  const isAll = unreadFrom === null || number >= Math.max(read, unreadFrom)
  return {
    lastReadNumber: Math.max(read, number),
    unreadFrom: isAll ? null : Math.max(unreadFrom, number + 1),
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
