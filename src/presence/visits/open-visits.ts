import { newUuid } from '../../database/uuid.ts'
import type { Visit } from '../tracker/queries.ts'

/** The stays of members in rooms on one server: see `createStays`. */
export interface OpenVisits {
  enter(visit: { roomId: string; userId: string }): () => void
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

interface OpenVisit {
  visit: Visit
  streams: number
  /** When the last stream ended, in milliseconds since 1970; null while there is one. */
  leftAt: number | null
}

/** What stays need to know. */
export interface OpenVisitsOptions {
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
export function createOpenVisits({ waitingMax, onChange }: OpenVisitsOptions): OpenVisits {
  const openVisits = new Map<string, OpenVisit>()
  const begun = new Set<OpenVisit>()
  /** Those without a stream, the first to end first. */
  const ending = new Map<string, OpenVisit>()
  let waiting: Visit[] = []

  function begin(roomId: string, userId: string): OpenVisit {
    const visit = { id: newUuid(), roomId, userId, enteredAt: new Date(), leftAt: null }
    const openVisit = { visit, streams: 0, leftAt: null }
    begun.add(openVisit)
    return openVisit
  }

  return {
    enter({ roomId, userId }) {
      const key = `${roomId} ${userId}`
      const openVisit = openVisits.get(key) ?? begin(roomId, userId)
      openVisits.set(key, openVisit)
      ending.delete(key)
      openVisit.streams += 1
      openVisit.leftAt = null
      onChange()
      return () => {
        openVisit.streams -= 1
        if (openVisit.streams > 0) return
        openVisit.leftAt = Date.now()
        ending.set(key, openVisit)
        onChange()
      }
    },
    take(rowsMax, endedBefore) {
      const rows = waiting.splice(0, rowsMax)
      for (const [key, openVisit] of ending) {
        if (rows.length >= rowsMax || openVisit.leftAt === null || openVisit.leftAt > endedBefore) break
        ending.delete(key)
        openVisits.delete(key)
        begun.delete(openVisit)
        rows.push({ ...openVisit.visit, leftAt: new Date(openVisit.leftAt) })
      }
      for (const openVisit of begun) {
        if (rows.length >= rowsMax) break
        begun.delete(openVisit)
        rows.push(openVisit.visit)
      }
      return rows
    },
    putBack(rows) {
      waiting = [...rows.filter(({ leftAt }) => leftAt), ...waiting].slice(-waitingMax)
      for (const { id, roomId, userId } of rows) {
        const openVisit = openVisits.get(`${roomId} ${userId}`)
        // one that goes on may end before it is written: then that is one row
        if (openVisit?.visit.id === id) begun.add(openVisit)
      }
    },
    nextEnd() {
      const [first] = ending.values()
      return first?.leftAt ?? null
    },
    beginAnew() {
      for (const [key, openVisit] of openVisits) {
        if (begun.has(openVisit)) continue
        if (openVisit.leftAt === null) {
          openVisit.visit = { ...openVisit.visit, id: newUuid(), enteredAt: new Date() }
          begun.add(openVisit)
        } else {
          openVisits.delete(key)
          ending.delete(key)
        }
      }
    },
    endAll() {
      for (const [key, openVisit] of openVisits) {
        openVisit.leftAt ??= Date.now()
        ending.set(key, openVisit)
      }
    },
  }
}
