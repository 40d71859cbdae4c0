const aroundRows = 40
/** More of them would ask for more fields than the server gives at once. */
const pageMax = 80

/** As much of a room as tells which messages are held. */
export interface Held {
  readonly messageCount: number
  at(number: number): unknown
}

/** A stretch of numbers that is to be loaded. */
export interface Missing {
  readonly from: number
  readonly to: number
  /** True if it goes on from what is held, as when somebody reads on. */
  readonly isNext: boolean
}

/** The stretch that is to be loaded so that these numbers, and some around them, are held; null when they are. */
export function missingIn(room: Held, first: number, last: number): Missing | null {
  const isHeld = (number: number) => number >= 1 && number <= room.messageCount && room.at(number) !== undefined
  const low = Math.max(1, first - aroundRows)
  const high = Math.min(room.messageCount, last + aroundRows)
  let from = low
  while (from <= high && isHeld(from)) from++
  if (from > high) return null
  let to = high
  while (to > from && isHeld(to)) to--
  // who reads on upwards or downwards gets a whole page
  if (isHeld(to + 1)) return { from: Math.max(1, to - pageMax + 1), to, isNext: true }
  if (isHeld(from - 1)) return { from, to: Math.min(room.messageCount, from + pageMax - 1), isNext: true }
  return { from, to: Math.min(to, from + pageMax - 1), isNext: false }
}
