// Menus as native popovers: they close by themselves, and one at a time is open.

import { type KeyboardEvent, type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react'
import { IconButton } from './button.tsx'
import styles from './menu.module.css'

/** One thing that a menu offers. */
export interface MenuItem {
  label: string
  icon?: ReactNode
  isDangerous?: boolean
  onChoose: () => void
}

interface MenuProps {
  /** The button that opens it. */
  label: string
  icon: ReactNode
  items: readonly (MenuItem | false | null | undefined)[]
  className?: string | undefined
}

/** A button that opens a menu. Arrows move, Escape closes and gives the focus back. */
export function Menu({ label, icon, items, className }: MenuProps) {
  const [isOpen, setIsOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = () => {
    setIsOpen(false)
    button.current?.focus()
  }
  return (
    <>
      <IconButton
        ref={button}
        label={label}
        className={className}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        {icon}
      </IconButton>
      {isOpen && (
        <Popover anchor={button} label={label} role="menu" onClose={() => setIsOpen(false)}>
          <MenuList items={items.filter((item) => !!item)} onClose={close} />
        </Popover>
      )}
    </>
  )
}

function MenuList({ items, onClose }: { items: readonly MenuItem[]; onClose: () => void }) {
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('[role=menuitem]')]
    const at = buttons.findIndex((element) => element.matches(':focus'))
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key]
    if (event.key === 'Escape') onClose()
    else if (to === undefined) return
    else buttons.at(to % buttons.length)?.focus()
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div role="presentation" onKeyDown={move}>
      {items.map(({ label, icon, isDangerous, onChoose }, index) => (
        <button
          key={label}
          type="button"
          role="menuitem"
          autoFocus={index === 0}
          className={isDangerous ? styles.danger : styles.item}
          onClick={() => {
            onClose()
            onChoose()
          }}
        >
          {icon}
          {label}
        </button>
      ))}
    </div>
  )
}

interface PopoverProps {
  anchor: { readonly current: HTMLElement | null }
  label: string
  role?: 'menu' | 'dialog' | 'listbox'
  onClose: () => void
  children: ReactNode
}

const gapPx = 4
const marginPx = 8

/** A small window beside what opened it, within the view. */
export function Popover({ anchor, label, role = 'dialog', onClose, children }: PopoverProps) {
  const ref = useRef<HTMLDivElement>(null)
  const id = useId()
  const closed = useRef(onClose)
  closed.current = onClose
  useLayoutEffect(() => {
    const popover = ref.current
    const from = anchor.current?.getBoundingClientRect()
    if (!popover || !from) return
    popover.showPopover()
    const { width, height } = popover.getBoundingClientRect()
    const isBelow = from.bottom + gapPx + height + marginPx < innerHeight || from.top < height
    const top = isBelow ? from.bottom + gapPx : from.top - gapPx - height
    const isRightToLeft = document.documentElement.dir === 'rtl'
    const left = isRightToLeft ? from.left : from.right - width
    const within = (value: number, max: number) => `${Math.max(marginPx, Math.min(value, max - marginPx))}px`
    popover.style.top = within(top, innerHeight - height)
    popover.style.left = within(left, innerWidth - width)
    const toggled = (event: Event) => {
      if ((event as ToggleEvent).newState === 'closed') closed.current()
    }
    popover.addEventListener('toggle', toggled)
    return () => popover.removeEventListener('toggle', toggled)
  }, [anchor])
  return (
    <div ref={ref} id={id} popover="auto" role={role} aria-label={label} className={styles.popover}>
      {children}
    </div>
  )
}
