import { measureElement, type ReactVirtualizer, useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useCallback, useDeferredValue, useEffect, useLayoutEffect, useRef, useState } from 'react'

/** Flat: an estimate that changed would move every row below it. */
const rowHeightPx = 56
const atEndPx = 80
/** Rows beyond either edge, which are there before they are scrolled to. */
const overscanRows = 8
/** Every jump lands a fifth below the top. */
const landing = 0.2

interface ListOptions {
  scroller: RefObject<HTMLDivElement | null>
  count: number
  /** The number of the message to open at; null for the end. */
  openAt: number | null
  /** The key of the newest message of the viewer that is on its way: one that they send is always shown. */
  lastKey: string | undefined
}

/** The list as hooks and other components use it. */
export type ListVirtualizer = ReactVirtualizer<HTMLDivElement, HTMLDivElement>

interface List {
  readonly virtualizer: ListVirtualizer
  readonly isAtEnd: boolean
  jump(number: number): void
  toEnd(): void
}

/**
 * Lays out the rows of a room: which are in view, and where.
 *
 * It opens at a message or at the end, stays at the end while it is there, and otherwise keeps the row under the eye
 * where it is, whatever loads, grows or comes.
 */
export function useMessageVirtualizer({ scroller, count, openAt, lastKey }: ListOptions): List {
  const [heightPx, setHeightPx] = useState(() => innerHeight - 160)
  // a room that is opened first draws what is in view
  const overscan = useDeferredValue(overscanRows, 0)
  const [measureRow] = useState(createMeasureRow)
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeightPx,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: atEndPx,
    overscan,
    scrollPaddingStart: Math.round(heightPx * landing),
    directDomUpdates: true,
    directDomUpdatesMode: 'position',
    measureElement: measureRow,
    initialRect: { width: innerWidth, height: heightPx },
    initialOffset: () =>
      Math.max(0, openAt ? (openAt - 1) * rowHeightPx - heightPx * landing : count * rowHeightPx - heightPx),
  })
  // otherwise pictures that come late above the view would move what is read
  virtualizer.shouldAdjustScrollPositionOnItemSizeChange = (item, _delta, instance) =>
    item.start < (instance.scrollOffset ?? 0)

  const keepsEnd = useKeepPlace(scroller, virtualizer, { opensAtEnd: openAt === null, onHeight: setHeightPx })
  const toEnd = useCallback(() => {
    keepsEnd.current = true
    virtualizer.scrollToEnd()
  }, [virtualizer, keepsEnd])
  const jump = useCallback(
    (number: number) => {
      keepsEnd.current = false
      virtualizer.scrollToIndex(Math.max(0, number - 1), { align: 'start' })
    },
    [virtualizer, keepsEnd],
  )
  // a room is opened once
  useLayoutEffect(() => {
    if (openAt) jump(Math.min(openAt, count))
    else toEnd()
  }, [])
  const known = useRef(lastKey)
  useEffect(() => {
    if (lastKey && lastKey !== known.current) toEnd()
    known.current = lastKey
  }, [lastKey, toEnd])
  return { virtualizer, isAtEnd: count === 0 || keepsEnd.current || virtualizer.isAtEnd(atEndPx), jump, toEnd }
}

/**
 * Creates the function that measures a row, and with it all rows that were mounted with it.
 *
 * Each row is placed as soon as it is measured, and a measurement after that has the browser lay out everything again.
 */
function createMeasureRow(): typeof measureElement<HTMLDivElement> {
  let heights: Map<Element, number> | null = null
  return (row, entry, virtualizer) => {
    if (entry || !row.parentElement) return measureElement(row, entry, virtualizer)
    if (!heights?.has(row)) {
      heights = new Map()
      for (const each of row.parentElement.children) heights.set(each, (each as HTMLElement).offsetHeight)
      queueMicrotask(() => {
        heights = null
      })
    }
    return heights.get(row) ?? measureElement(row, entry, virtualizer)
  }
}

/**
 * Keeps the row that is read where it is when the view changes its size, as when a phone is turned.
 *
 * Keeps a reader who is at the end there, also while rows that came there still grow to their heights: only scrolling up leaves
 * it. Returns whether the end is kept.
 */
function useKeepPlace(
  scroller: RefObject<HTMLDivElement | null>,
  virtualizer: ListVirtualizer,
  { opensAtEnd, onHeight }: { opensAtEnd: boolean; onHeight: (heightPx: number) => void },
): RefObject<boolean> {
  const keepsEnd = useRef(opensAtEnd)
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    let { clientWidth, clientHeight, scrollTop } = element
    const look = () => {
      if (virtualizer.isAtEnd(atEndPx)) keepsEnd.current = true
      else if (element.scrollTop < scrollTop - 1) keepsEnd.current = false
      scrollTop = element.scrollTop
    }
    const resized = new ResizeObserver(() => {
      if (element.clientWidth === 0 || element.clientHeight === 0) return
      const isWider = element.clientWidth !== clientWidth
      const isHigher = element.clientHeight !== clientHeight
      clientWidth = element.clientWidth
      clientHeight = element.clientHeight
      if (isHigher) onHeight(clientHeight)
      if (isWider) {
        const item = virtualizer.getVirtualItemForOffset((virtualizer.scrollOffset ?? 0) + clientHeight * landing)
        // all heights that were measured are those of another width
        virtualizer.measure()
        // those that keep their height at the new width are not reported again
        for (const row of virtualizer.elementsCache.values()) virtualizer.measureElement(row)
        if (!keepsEnd.current && item) virtualizer.scrollToIndex(item.index, { align: 'start' })
      }
      if (keepsEnd.current) virtualizer.scrollToEnd()
    })
    element.addEventListener('scroll', look, { passive: true })
    resized.observe(element)
    if (element.firstElementChild) resized.observe(element.firstElementChild)
    return () => {
      element.removeEventListener('scroll', look)
      resized.disconnect()
    }
  }, [scroller, virtualizer, onHeight])
  return keepsEnd
}
