import { useEffect, useRef } from 'react'
import type { OpenRoom } from '../rooms/open-room.ts'
import { useAnnounce } from '../shell/announcer.tsx'
import { useText } from '../shell/locale.tsx'

/** Tells screen readers of what others say while the room is open; own messages are silent. */
export function useAnnounceNew(room: OpenRoom): void {
  const t = useText()
  const announce = useAnnounce()
  const told = useRef(room.messageCount)
  const { messageCount } = room
  useEffect(() => {
    const from = told.current + 1
    told.current = messageCount
    const added = []
    for (let number = Math.max(from, messageCount - 50); number <= messageCount; number++) {
      const message = room.at(number)
      if (message && !message.isOwn && message.kind === 'TEXT') added.push(message)
    }
    const [only] = added
    if (added.length > 1) announce(t('room.newMessages', { count: added.length }))
    else if (only) announce(t('message.said', { name: only.author?.displayName ?? '', text: only.body }))
  }, [messageCount, room, announce, t])
}
