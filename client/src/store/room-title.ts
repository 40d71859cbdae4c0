import type { RoomData } from './room-data.ts'

/** The text to show as the name of a room: in a direct room the name of the other. Empty until it is read. */
export function titleOf({ room, members, viewerId, users, viewer }: RoomData): string {
  if (!room) return ''
  if (room.name !== null) return room.name
  const title = viewer?.title ?? ''
  if (room.kind === 'GROUP') return title
  const other = [...members.values()].find(({ user }) => user.id !== viewerId)
  return other ? (users.get(other.user.id) ?? other.user).displayName : title
}
