import { useRooms } from 'kabar-client/react'
import { useEffect, useRef } from 'react'

/** The title changes at most this often: browsers draw their tabs anew for it. */
const titleMs = 500

/** Shows the number of unread messages in the title, and on the icon of an installed page. */
export function useTitle(): void {
  const { rooms } = useRooms()
  const count = rooms.reduce(
    (sum, { unreadCount, mentionCount, membership }) =>
      sum +
      (membership.notifications === 'ALL' ? unreadCount : membership.notifications === 'MENTIONS' ? mentionCount : 0),
    0,
  )
  const shownAt = useRef(Number.NEGATIVE_INFINITY)
  useEffect(() => {
    const show = () => {
      shownAt.current = performance.now()
      showUnread(count)
    }
    const timer = setTimeout(show, Math.max(0, shownAt.current + titleMs - performance.now()))
    return () => clearTimeout(timer)
  }, [count])
}

/** Shows a number of unread messages in the title and on the icon; 0 shows none. */
export function showUnread(count: number): void {
  document.title = count > 0 ? `(${count > 99 ? '99+' : count}) Kabar` : 'Kabar'
  const badge = navigator as { setAppBadge?: (count: number) => Promise<void> }
  badge.setAppBadge?.(count).catch(() => {})
}
