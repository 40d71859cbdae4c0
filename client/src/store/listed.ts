import type { RoomSummary, ViewerMembership } from '../api/entities.ts'

/** The fields of a membership that only the list of rooms keeps up to date. */
const listed = [
  ...(['notifications', 'mentionedByReplies', 'pinnedAt', 'isHidden'] as const),
  ...(['unreadFrom', 'unreadCount', 'mentionCount'] as const),
]

/** Returns the membership with the news of the list, if there are any. */
export function withListed(known: ViewerMembership, told: Partial<RoomSummary>): ViewerMembership {
  const more: Partial<ViewerMembership> = {
    ...Object.fromEntries(listed.flatMap((name) => (name in told ? [[name, told[name]]] : []))),
    // marks only grow
    lastReadNumber: Math.max(known.lastReadNumber ?? 0, told.lastReadNumber ?? 0),
    lastDeliveredNumber: Math.max(known.lastDeliveredNumber ?? 0, told.lastDeliveredNumber ?? 0),
  }
  const isNews = Object.entries(more).some(([name, value]) => Reflect.get(known, name) !== value)
  return isNews ? { ...known, ...more } : known
}
