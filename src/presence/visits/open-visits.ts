import { newUuidIn } from '../../database/uuid.ts'
import type { Visit } from '../tracker/queries.ts'

/** The open visits of members to rooms on one server: see `createOpenVisits`. */
export interface OpenVisits {
  enter(visit: { roomId: string; userId: string }): () => void
  /**
   * Takes up to `rowsMax` rows to write: visits that began, and visits that ended.
   *
   * @param endedBefore visits that ended later may still go on.
   */
  take(rowsMax: number, endedBefore: number): Visit[]
  /** Puts back rows that could not be written. */
  putBack(rows: readonly Visit[]): void
  /** When the next ended visit is due for writing; null when there is none. */
  nextEnd(): number | null
  /** Restarts the written visits under new ids, because they ended with the lease. */
  restart(): void
  /** Ends all visits now. */
  endAll(): void
}

interface OpenVisit {
  visit: Visit
  streams: number
  /** When the last stream ended, in milliseconds since 1970; null while one is open. */
  leftAt: number | null
}

/** The limit and callback that open visits need. */
export interface OpenVisitsOptions {
  /** The maximum of ended visits that wait for writing; one more drops the oldest. */
  waitingMax: number
  /** Called when there is something to write. */
  onChange(): void
}

/**
 * Creates the register of open visits.
 *
 * A visit lasts from the first stream of a member in a room to the end of the last. A short reconnect does not end it.
 */
export function createOpenVisits({ waitingMax, onChange }: OpenVisitsOptions): OpenVisits {
  const openVisits = new Map<string, OpenVisit>()
  const begun = new Set<OpenVisit>()
  /** Visits without a stream, oldest end first. */
  const ending = new Map<string, OpenVisit>()
  let waiting: Visit[] = []

  function begin(roomId: string, userId: string): OpenVisit {
    const visit = { id: newUuidIn(roomId), roomId, userId, enteredAt: new Date(), leftAt: null }
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
        // an open visit may end before it is written: then both are one row
        if (openVisit?.visit.id === id) begun.add(openVisit)
      }
    },
    nextEnd() {
      const [first] = ending.values()
      return first?.leftAt ?? null
    },
    restart() {
      for (const [key, openVisit] of openVisits) {
        if (begun.has(openVisit)) continue
        if (openVisit.leftAt === null) {
          const id = newUuidIn(openVisit.visit.roomId)
          openVisit.visit = { ...openVisit.visit, id, enteredAt: new Date() }
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
