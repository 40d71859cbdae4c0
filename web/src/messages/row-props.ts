import type { Message } from 'kabar-client'
import type { ReactNode } from 'react'

/** The properties of every kind of row. */
export interface RowProps {
  message: Message
  isGrouped: boolean
  /** True if somebody has jumped to it just now. */
  isLit: boolean
  place: { 'aria-posinset': number; 'aria-setsize': -1 }
  /** Separators, which belong to the row so that the feed holds articles alone. */
  above: ReactNode
}
