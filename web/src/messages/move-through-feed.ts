import type { KeyboardEvent } from 'react'
import type { ListVirtualizer } from './use-message-virtualizer.ts'

/** Keys of a feed: Page Up and Page Down go from message to message, Home and End with Ctrl to its ends. */
export function moveThroughFeed(event: KeyboardEvent<HTMLElement>, virtualizer: ListVirtualizer): void {
  const feed = event.currentTarget
  if (event.key === 'End' && event.target === feed) {
    virtualizer.scrollToEnd()
    event.preventDefault()
    return
  }
  const step = event.key === 'PageDown' ? 1 : event.key === 'PageUp' ? -1 : 0
  if (step === 0) return
  event.preventDefault()
  const current = document.activeElement?.closest('[data-index]')
  const last = virtualizer.range?.endIndex ?? 0
  const at = current ? Number(current.getAttribute('data-index')) : last + (step < 0 ? 1 : 0)
  const index = Math.max(0, Math.min(virtualizer.options.count - 1, at + step))
  const focus = () => {
    const article = feed.querySelector<HTMLElement>(`[data-index="${index}"] article`)
    article?.focus({ preventScroll: true })
    article?.scrollIntoView({ block: 'nearest' })
    return article !== null
  }
  if (focus()) return
  virtualizer.scrollToIndex(index, { align: 'auto' })
  requestAnimationFrame(focus)
}
