import { useEffect } from 'react'
import type { OpenRoom } from '../rooms/room-header.tsx'
import { missingIn } from './missing-numbers.ts'

/** A thumb that is dragged passes hundreds of pages: only where it rests something is loaded. */
const restMs = 80

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
