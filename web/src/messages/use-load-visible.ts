import { useEffect } from 'react'
import type { OpenRoom } from '../rooms/room-header.tsx'

/** A thumb that is dragged passes hundreds of pages: only where it rests something is loaded. */
const restMs = 80
const aroundRows = 20
const pageMax = 100

/** Loads the messages in view that are not held. */
export function useLoadVisible(room: OpenRoom, range: { startIndex: number; endIndex: number } | null): void {
  const missing = range && missingIn(room, range.startIndex + 1, range.endIndex + 1)
  const from = missing?.from
  const to = missing?.to
  const { load } = room
  useEffect(() => {
    if (from === undefined || to === undefined) return
    const timer = setTimeout(() => load(from, to).catch(() => {}), restMs)
    return () => clearTimeout(timer)
  }, [from, to, load])
}

/** The stretch that is to be loaded so that these numbers, and some around them, are held; null when they are. */
export function missingIn(
  room: Pick<OpenRoom, 'at' | 'messageCount'>,
  first: number,
  last: number,
): { from: number; to: number } | null {
  const low = Math.max(1, first - aroundRows)
  const high = Math.min(room.messageCount, last + aroundRows)
  let from = low
  while (from <= high && room.at(from)) from++
  if (from > high) return null
  let to = high
  while (to > from && room.at(to)) to--
  return { from, to: Math.min(to, from + pageMax - 1) }
}
