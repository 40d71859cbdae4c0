import { ArrowDown } from 'lucide-react'
import { type Ref, useImperativeHandle, useRef, useState } from 'react'
import type { OpenRoom } from '../rooms/open-room.ts'
import { useLocale } from '../shell/locale.tsx'
import { ListEdge } from './list-edge.tsx'
import type { ListHandle } from './list-handle.ts'
import styles from './message-list.module.css'
import { MessageRow } from './message-row.tsx'
import { moveThroughFeed } from './move-through-feed.ts'
import { useAnnounceNew } from './use-announce-new.ts'
import { useLoadVisible } from './use-load-visible.ts'
import { useMarkRead } from './use-mark-read.ts'
import { useMessageVirtualizer } from './use-message-virtualizer.ts'

interface MessageListProps {
  ref: Ref<ListHandle>
  room: OpenRoom
  /** The message that a link leads to. */
  target: number | null
}

/**
 * The messages of a room, of which only those in view are in the document.
 *
 * Numbers are dense, so row n is message n + 1 whether it is held or not: the scrollbar stands for the whole room.
 */
export function MessageList({ ref, room, target }: MessageListProps) {
  const { t, format } = useLocale()
  const scroller = useRef<HTMLDivElement>(null)
  const count = room.messageCount + room.pending.length
  // the line stays where it was when the room was opened, unless it is drawn anew
  const [openedAt] = useState(room.firstUnreadNumber)
  const firstUnread = room.membership?.unreadFrom ? room.firstUnreadNumber : openedAt
  const [lit, setLit] = useState<number | null>(target)
  const list = useMessageVirtualizer({
    scroller,
    count,
    openAt: target ?? openedAt,
    lastKey: room.pending.at(-1)?.key,
  })
  const { virtualizer, isAtEnd } = list
  const items = virtualizer.getVirtualItems()
  const messageAt = (index: number) =>
    index < room.messageCount ? room.at(index + 1) : room.pending[index - room.messageCount]
  useLoadVisible(room, virtualizer.range)
  const lastSeen = useMarkRead({ room, virtualizer })
  useAnnounceNew(room)
  useImperativeHandle(ref, () => ({
    jump(number) {
      list.jump(number)
      setLit(number)
    },
    toEnd: list.toEnd,
  }))
  if (count === 0) {
    return <p className={styles.empty}>{t('room.empty')}</p>
  }
  const top = items.find(({ end }) => end > (virtualizer.scrollOffset ?? 0) + 8)
  const topMessage = top && messageAt(top.index)
  const waiting = Math.max(0, room.messageCount - Math.max(lastSeen, room.membership?.lastReadNumber ?? 0))
  return (
    <div className={styles.frame}>
      {topMessage && virtualizer.isScrolling && (
        <div className={styles.date} aria-hidden>
          {format.day(topMessage.createdAt)}
        </div>
      )}
      <div
        ref={scroller}
        role="feed"
        aria-label={t('room.messages')}
        aria-busy={items.length === 0}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        data-region="messages"
        className={styles.scroller}
        onKeyDown={(event) => moveThroughFeed(event, virtualizer)}
      >
        <div ref={virtualizer.containerRef} role="presentation" className={styles.sizer}>
          {items.map(({ index }) => {
            const message = messageAt(index)
            return (
              <div
                key={message?.key ?? index}
                ref={virtualizer.measureElement}
                data-index={index}
                role="presentation"
                className={styles.row}
              >
                <MessageRow
                  message={message}
                  before={index > 0 ? messageAt(index - 1) : null}
                  number={index + 1}
                  isFirstUnread={firstUnread === index + 1}
                  isLit={lit === index + 1}
                />
              </div>
            )
          })}
        </div>
      </div>
      {!isAtEnd && (
        <ListEdge
          label={waiting > 0 ? t('room.toLatestNew', { count: waiting }) : t('room.toLatest')}
          count={waiting}
          onGo={list.toEnd}
        >
          <ArrowDown size={20} />
        </ListEdge>
      )}
    </div>
  )
}
