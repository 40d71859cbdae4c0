import { useEffect, useState } from 'react'

const tickMs = 250

/** Counts a wait down to 0, in seconds. */
export function useCountdown(waitMs: number | null): number {
  const [until, setUntil] = useState<number | null>(null)
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    setNow(Date.now())
    setUntil(waitMs === null ? null : Date.now() + waitMs)
  }, [waitMs])
  const isOver = until === null || now >= until
  useEffect(() => {
    if (isOver) return
    const timer = setInterval(() => setNow(Date.now()), tickMs)
    return () => clearInterval(timer)
  }, [isOver])
  return isOver ? 0 : Math.ceil((until - now) / 1_000)
}
