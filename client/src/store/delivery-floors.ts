import type { Message } from '../api/message.ts'
import type { RoomData } from './room-data.ts'

/** How far all other members that are held and show their receipts have come. */
export function floorsOf({ members, viewerId }: RoomData): { read: number; delivered: number } | null {
  const others = [...members.values()].flatMap(({ user, lastReadNumber, lastDeliveredNumber }) =>
    user.id === viewerId || lastReadNumber === null
      ? []
      : [{ read: lastReadNumber, delivered: lastDeliveredNumber ?? 0 }],
  )
  if (others.length === 0) return null
  return {
    read: Math.min(...others.map(({ read }) => read)),
    delivered: Math.min(...others.map(({ delivered }) => delivered)),
  }
}

/** How far an own message has come to them. */
export function deliveryOf(number: number, floors: { read: number; delivered: number } | null): Message['delivery'] {
  if (!floors || floors.delivered < number) return 'SENT'
  return floors.read < number ? 'DELIVERED' : 'READ'
}
