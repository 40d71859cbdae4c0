const aroundRows = 20
const pageMax = 100

/** As much of a room as tells which messages are held. */
export interface Held {
  readonly messageCount: number
  at(number: number): unknown
}

/** The stretch that is to be loaded so that these numbers, and some around them, are held; null when they are. */
export function missingIn(room: Held, first: number, last: number): { from: number; to: number } | null {
  const low = Math.max(1, first - aroundRows)
  const high = Math.min(room.messageCount, last + aroundRows)
  let from = low
  while (from <= high && room.at(from)) from++
  if (from > high) return null
  let to = high
  while (to > from && room.at(to)) to--
  return { from, to: Math.min(to, from + pageMax - 1) }
}
