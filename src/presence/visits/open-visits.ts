import { newUuid } from '../../database/uuid.ts'
import type { Visit } from '../tracker/queries.ts'

/** The stays of members in rooms on one server: see `createStays`. */
export interface Stays {
  enter(place: { roomId: string; userId: string }): () => void
  /**
   * Takes up to so many rows that are to be written: stays that have begun, and those that have ended.
   *
   * @param endedBefore a stay that ended later may still go on.
   */
  take(rowsMax: number, endedBefore: number): Visit[]
  /** Gives rows back that could not be written. */
  putBack(rows: readonly Visit[]): void
  /** When the next stay that has ended is to be written; null when none is. */
  nextEnd(): number | null
  /** Lets the stays that are written begin anew: they were ended together with the lease. */
  beginAnew(): void
  /** Ends all of them now. */
  endAll(): void
}

interface Stay {
  visit: Visit
  streams: number
  /** When the last stream ended, in milliseconds since 1970; null while there is one. */
  leftAt: number | null
}

/** What stays need to know. */
export interface StaysOptions {
  /** The ended stays that may wait; one more drops the oldest. */
  waitingMax: number
  /** Called when there is something to write. */
  onChange(): void
}

/**
 * Makes the register of stays.
 *
 * A member stays in a room from the first stream there to the end of the last; who comes back in a moment has not left.
 */
export function createStays({ waitingMax, onChange }: StaysOptions): Stays {
  const stays = new Map<string, Stay>()
  const begun = new Set<Stay>()
  /** Those without a stream, the first to end first. */
  const ending = new Map<string, Stay>()
  let waiting: Visit[] = []

  function begin(roomId: string, userId: string): Stay {
    const visit = { id: newUuid(), roomId, userId, enteredAt: new Date(), leftAt: null }
    const stay = { visit, streams: 0, leftAt: null }
    begun.add(stay)
    return stay
  }

  return {
    enter({ roomId, userId }) {
      const key = `${roomId} ${userId}`
      const stay = stays.get(key) ?? begin(roomId, userId)
      stays.set(key, stay)
      ending.delete(key)
      stay.streams += 1
      stay.leftAt = null
      onChange()
      return () => {
        stay.streams -= 1
        if (stay.streams > 0) return
        stay.leftAt = Date.now()
        ending.set(key, stay)
        onChange()
      }
    },
    take(rowsMax, endedBefore) {
      const rows = waiting.splice(0, rowsMax)
      for (const [key, stay] of ending) {
        if (rows.length >= rowsMax || stay.leftAt === null || stay.leftAt > endedBefore) break
        ending.delete(key)
        stays.delete(key)
        begun.delete(stay)
        rows.push({ ...stay.visit, leftAt: new Date(stay.leftAt) })
      }
      for (const stay of begun) {
        if (rows.length >= rowsMax) break
        begun.delete(stay)
        rows.push(stay.visit)
      }
      return rows
    },
    putBack(rows) {
      waiting = [...rows.filter(({ leftAt }) => leftAt), ...waiting].slice(-waitingMax)
      for (const { id, roomId, userId } of rows) {
        const stay = stays.get(`${roomId} ${userId}`)
        // one that goes on may end before it is written: then that is one row
        if (stay?.visit.id === id) begun.add(stay)
      }
    },
    nextEnd() {
      const [first] = ending.values()
      return first?.leftAt ?? null
    },
    beginAnew() {
      for (const [key, stay] of stays) {
        if (begun.has(stay)) continue
        if (stay.leftAt === null) {
          stay.visit = { ...stay.visit, id: newUuid(), enteredAt: new Date() }
          begun.add(stay)
        } else {
          stays.delete(key)
          ending.delete(key)
        }
      }
    },
    endAll() {
      for (const [key, stay] of stays) {
        stay.leftAt ??= Date.now()
        ending.set(key, stay)
      }
    },
  }
}
