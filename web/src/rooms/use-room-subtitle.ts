import type { RoomState } from 'kabar-client'
import { useLocale } from '../shell/locale.tsx'
import { useViewer } from '../shell/viewer.tsx'

const typingNamesMax = 4

/** Gives the line below a room's name: who types, or who is here. */
export function useRoomSubtitle({ typing, room, members, presence }: RoomState): string {
  const { t, format } = useLocale()
  const viewer = useViewer()
  if (typing.length > typingNamesMax) return t('typing.several')
  if (typing.length > 0) {
    const names = typing.map(({ displayName }) => displayName)
    return t('typing.names', { names: format.list(names), count: names.length })
  }
  if (!room) return '\u00a0'
  if (room.kind === 'DIRECT') {
    const other = members.find(({ user }) => user.id !== viewer.id)?.user
    const status = (other && presence.get(other.id)) ?? 'OFFLINE'
    return t(`presence.${status}`)
  }
  const online = [...presence.values()].filter((status) => status !== 'OFFLINE').length
  const parts = [t(`access.${room.access}`), t('rooms.members', { count: room.memberCount })]
  if (online > 0) parts.push(t('rooms.online', { count: online }))
  return parts.join(' · ')
}
