import { useEffect, useRef } from 'react'

interface Shortcuts {
  onSwitcher: () => void
  onHelp: () => void
}

/** Keys that work everywhere: Ctrl-K, `?`, and F6 from region to region. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const current = useRef(shortcuts)
  current.current = shortcuts
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const isWriting =
        event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]')
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'k') {
        current.current.onSwitcher()
      } else if (event.key === 'F6') moveRegion(event.shiftKey ? -1 : 1)
      else if (event.key === '?' && !isWriting) current.current.onHelp()
      else return
      event.preventDefault()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
}

/** Moves the focus to the next region that can be seen. */
function moveRegion(step: number): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter((region) => region.offsetParent)
  const at = regions.findLastIndex((region) => region.contains(document.activeElement))
  const next = regions.at((at + step) % regions.length) ?? regions[0]
  const inside = next?.querySelector<HTMLElement>('[data-region-focus]')
  ;(inside ?? next)?.focus()
}
