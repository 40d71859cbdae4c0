import { useEffect, useState } from 'react'
import type { OpenRoom } from '../rooms/open-room.ts'
import type { ListVirtualizer } from './use-message-virtualizer.ts'

/** Time in view, with the page in front, after which a message counts as read. */
const seenMs = 500
/** So much of a row must be in view. */
const seenPx = 20

interface Reading {
  room: OpenRoom
  virtualizer: ListVirtualizer
}

/**
 * Marks as read what has been seen. Gives the number of the last message in view.
 *
 * Messages marked as unread while the room is open stay unread until it is opened again.
 */
export function useMarkRead({ room, virtualizer }: Reading): number {
  const isInFront = useIsInFront()
  const bottom = (virtualizer.scrollOffset ?? 0) + (virtualizer.scrollRect?.height ?? 0)
  const items = virtualizer.getVirtualItems()
  const last = items.findLast(({ start, end }) => Math.min(end, start + seenPx) <= bottom)
  const number = Math.min(room.messageCount, (last?.index ?? -1) + 1)
  const isMarkedHere = useIsMarkedHere(room)
  const isNew = number > room.readNumber && !isMarkedHere
  const isHeld = room.at(number) !== undefined
  const { markRead } = room
  useEffect(() => {
    if (!isInFront || !isNew || !isHeld) return
    const timer = setTimeout(() => markRead(number).catch(() => {}), seenMs)
    return () => clearTimeout(timer)
  }, [isInFront, isNew, isHeld, number, markRead])
  return number
}

/** Tells whether messages were marked as unread since the room was opened. */
function useIsMarkedHere({ membership }: OpenRoom): boolean {
  const unreadFrom = membership?.unreadFrom ?? null
  const [found, setFound] = useState(unreadFrom)
  if (unreadFrom === null && found !== null) setFound(null)
  return unreadFrom !== null && unreadFrom !== found
}

function useIsInFront(): boolean {
  const read = () => document.visibilityState === 'visible' && document.hasFocus()
  const [isInFront, setIsInFront] = useState(read)
  useEffect(() => {
    const look = () => setIsInFront(read())
    const events = [
      [document, 'visibilitychange'],
      [window, 'focus'],
      [window, 'blur'],
    ] as const
    for (const [target, name] of events) target.addEventListener(name, look)
    return () => {
      for (const [target, name] of events) target.removeEventListener(name, look)
    }
  }, [])
  return isInFront
}
