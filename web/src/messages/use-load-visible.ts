import { useEffect, useRef, useState } from 'react'
import type { OpenRoom } from '../rooms/open-room.ts'
import { missingIn } from './missing-numbers.ts'

/** A thumb that is dragged passes hundreds of pages: only where it rests something is loaded. */
const restMs = 80
/** Delay before a failed load is tried again. */
const againMs = 2_000

/** Loads the messages in view that are not held, and ahead of who reads on. */
export function useLoadVisible(room: OpenRoom, range: { startIndex: number; endIndex: number } | null): void {
  const missing = range && missingIn(room, range.startIndex + 1, range.endIndex + 1)
  const { from, to, isNext = false } = missing ?? {}
  const isLoading = useRef(false)
  const [round, setRound] = useState(0)
  const { load } = room
  // a new round looks again at what is missing
  useEffect(() => {
    if (from === undefined || to === undefined || isLoading.current) return
    const start = () => {
      isLoading.current = true
      const lookAgain = () => {
        isLoading.current = false
        setRound((before) => before + 1)
      }
      load(from, to).then(lookAgain, () => setTimeout(lookAgain, againMs))
    }
    const timer = setTimeout(start, isNext ? 0 : restMs)
    return () => clearTimeout(timer)
  }, [from, to, isNext, load, round])
}
