import type { RoomListItem } from 'kabar-client'
import { useKabar, usePeople, useRooms } from 'kabar-client/react'
import { BellOff, Pin } from 'lucide-react'
import { type KeyboardEvent, memo } from 'react'
import { useMessageSummary } from '../messages/use-message-summary.ts'
import { Avatar } from '../shell/avatar.tsx'
import { useLocale } from '../shell/locale.tsx'
import { Link, useRouter } from '../shell/router.tsx'
import { useViewer } from '../shell/viewer.tsx'
import { loadRoomPage } from './load-room-page.ts'
import styles from './room-list.module.css'

/** My rooms: pinned ones first, then the most recently active. */
export function RoomList() {
  const { t } = useLocale()
  const { segments } = useRouter()
  const { rooms, hasMore, loadMore, isLoaded } = useRooms()
  const presence = usePeople((people) => people.presence)
  const current = segments[0] === 'r' ? segments[1] : undefined
  if (!isLoaded) return <div className={styles.list} aria-busy="true" />
  return (
    <ul
      className={styles.list}
      onPointerEnter={() => void loadRoomPage()}
      onFocus={() => void loadRoomPage()}
      onKeyDown={moveFocus}
      onScroll={({ currentTarget: list }) => {
        if (hasMore && list.scrollHeight - list.scrollTop - list.clientHeight < 400) void loadMore()
      }}
      aria-label={t('rooms.mine')}
    >
      {rooms.map((item) => (
        <Item
          key={item.id}
          item={item}
          isCurrent={current === item.room.code || current === item.id}
          presence={item.other ? presence.get(item.other.id) : undefined}
        />
      ))}
    </ul>
  )
}

interface ItemProps {
  item: RoomListItem
  isCurrent: boolean
  presence: 'ONLINE' | 'AWAY' | 'OFFLINE' | undefined
}

const Item = memo(function Item({ item, isCurrent, presence }: ItemProps) {
  const { t, format } = useLocale()
  const kabar = useKabar()
  const viewer = useViewer()
  const line = useMessageSummary()
  const { room, title, other, membership, unreadCount, mentionCount } = item
  const last = room.lastMessage
  const url = other?.avatar?.thumbnailUrl ?? other?.avatar?.url
  const isQuiet = membership.notifications === 'NONE'
  const name = title || t('rooms.unnamed')
  return (
    <li>
      <Link to={`/r/${room.code}`} className={styles.item} aria-current={isCurrent ? 'page' : undefined}>
        <Avatar
          of={{ id: other?.id ?? room.id, name, url: url && kabar.absoluteUrl(url) }}
          size={44}
          isRoom={room.kind === 'GROUP'}
          presence={presence}
        />
        <span className={styles.title}>
          <b dir="auto">{name}</b>
          {membership.pinnedAt && <Pin size={14} aria-label={t('rooms.pinned')} />}
          {isQuiet && <BellOff size={14} aria-label={t('notifications.NONE')} />}
        </span>
        <time className={styles.time} dateTime={last?.createdAt ?? room.createdAt}>
          {format.short(last?.createdAt ?? room.createdAt)}
        </time>
        <span className={styles.last} dir="auto">
          {last ? line(last, { viewerId: viewer.id, isDirect: room.kind === 'DIRECT' }) : t('rooms.nothingYet')}
        </span>
        {(unreadCount > 0 || mentionCount > 0) && (
          <span
            className={styles.badge}
            data-quiet={isQuiet || (membership.notifications === 'MENTIONS' && mentionCount === 0) || undefined}
          >
            {mentionCount > 0 && <span aria-hidden>@</span>}
            {unreadCount > 999 ? '999+' : format.number(unreadCount)}
            <span className="unseen"> {t('rooms.unread', { count: unreadCount })}</span>
          </span>
        )}
      </Link>
    </li>
  )
})

/** Arrows move through the rooms, as in any list. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0) return
  const links = [...event.currentTarget.querySelectorAll('a')]
  const at = links.findIndex((element) => element.matches(':focus'))
  links[Math.max(0, Math.min(links.length - 1, at + step))]?.focus()
  event.preventDefault()
}
