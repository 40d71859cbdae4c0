// The one place that speaks to screen readers, politely and at most once a second.

import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react'

const everyMs = 1_000

type Announce = (text: string) => void

const AnnouncerContext = createContext<Announce>(() => {})

/** Gives the pages inside it a voice. Of what is said within a second, the last is read. */
export function AnnouncerProvider({ children }: { children: ReactNode }) {
  const [text, setText] = useState('')
  const [queue] = useState(() => ({ next: null as string | null }))
  useEffect(() => {
    const timer = setInterval(() => {
      if (queue.next === null) return
      setText(queue.next)
      queue.next = null
    }, everyMs)
    return () => clearInterval(timer)
  }, [queue])
  const announce = useMemo<Announce>(
    () => (said) => {
      queue.next = said
    },
    [queue],
  )
  return (
    <AnnouncerContext value={announce}>
      {children}
      <div role="status" className="unseen">
        {text}
      </div>
    </AnnouncerContext>
  )
}

/** Says something to those who do not see the page. */
export function useAnnounce(): Announce {
  return use(AnnouncerContext)
}
