// How far messages have come: up to which number everybody in a room has read, and received.
//
// Everybody has read what the slowest reader has. An index that finds that member would have to be changed by every mark
// and every send, where now both rewrite a row in its page and touch no index. But marks only grow, and who joins begins
// at the newest message: the slowest reader stays the slowest until they move or leave. So each server remembers who it
// was, looks only at that member, and searches the room again when they have moved.

import type { Reach, Receipts } from '../access/context.ts'
import type { Sql } from '../database/sql.ts'
import { readSlowest, readStandings, type Slowest, type Standing } from './receipts-queries.ts'

interface Place {
  readonly roomId: string
  readonly number: number
}

/**
 * Makes the function that says how far messages have come.
 *
 * It takes one statement, or two when the slowest has moved. What it remembers of more than `roomsMax` rooms it forgets.
 */
export function createFloors(sql: Sql, roomsMax: number): Receipts['reachOf'] {
  const slowestOf = new Map<string, Slowest>()

  function remember(slowest: Slowest): void {
    slowestOf.delete(slowest.roomId)
    slowestOf.set(slowest.roomId, slowest)
    const [oldest] = slowestOf.keys()
    if (slowestOf.size > roomsMax && oldest !== undefined) slowestOf.delete(oldest)
  }

  /** Searches rooms for their slowest members. Where these are, they stand. */
  async function search(roomIds: readonly string[]): Promise<Known[]> {
    const found = await readSlowest(sql, roomIds)
    for (const { memberCount: _, ...slowest } of found) remember(slowest)
    return found.map(({ memberCount, ...slowest }) => {
      const { roomId, reader, receiver } = slowest
      return { slowest, standing: { roomId, memberCount, read: reader.number, delivered: receiver.number } }
    })
  }

  async function lookAt(slowest: readonly Slowest[]): Promise<Known[]> {
    if (slowest.length === 0) return []
    const standings = new Map((await readStandings(sql, slowest)).map((standing) => [standing.roomId, standing]))
    return slowest.flatMap((known) => {
      const standing = standings.get(known.roomId)
      return standing ? [{ slowest: known, standing }] : []
    })
  }

  return async (messages) => {
    const rooms = Map.groupBy(messages, ({ roomId }) => roomId)
    const known = await lookAt([...rooms.keys()].flatMap((roomId) => slowestOf.get(roomId) ?? []))
    const sure = known.filter((room) => rooms.get(room.slowest.roomId)?.every((place) => reachIn(room, place)))
    const byRoom = new Map(sure.map((room) => [room.slowest.roomId, room]))
    const others = [...rooms.keys()].filter((roomId) => !byRoom.has(roomId))
    if (others.length > 0) for (const room of await search(others)) byRoom.set(room.slowest.roomId, room)
    return messages.map((place) => {
      const room = byRoom.get(place.roomId)
      return (room && reachIn(room, place)) ?? 'SENT'
    })
  }
}

interface Known {
  readonly slowest: Slowest
  readonly standing: Standing
}

/** How far a message has come; null when the slowest has moved, so that another may be the slowest now. */
function reachIn({ slowest, standing }: Known, { number }: Place): Reach | null {
  // nobody else is there whom it could reach
  if (standing.memberCount < 2) return 'SENT'
  const isRead = isReached(number, slowest.reader.number, standing.read)
  if (isRead === true) return 'READ'
  const isDelivered = isReached(number, slowest.receiver.number, standing.delivered)
  if (isRead === null || isDelivered === null) return null
  return isDelivered ? 'DELIVERED' : 'SENT'
}

/** Whether everybody has reached a number, of whom the slowest was at `floor` and is now at `now`. */
function isReached(number: number, floor: number, now: number | null): boolean | null {
  if (number <= floor) return true
  return now !== null && number > now ? false : null
}
