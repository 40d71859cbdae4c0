import type { Message } from 'kabar-client'
import type { ReactNode } from 'react'

/** What every kind of row is given. */
export interface RowProps {
  message: Message
  isGrouped: boolean
  /** Whether somebody has jumped to it just now. */
  isLit: boolean
  place: { 'aria-posinset': number; 'aria-setsize': number }
  /** Separators, which belong to the row so that the feed holds articles alone. */
  above: ReactNode
}
