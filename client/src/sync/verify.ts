// Compares what is held of a room with the server, by digests of stretches.

import { bounds } from '../config.ts'
import { roomDigestQuery } from '../operations/room.ts'
import { digestOf, digestParts } from '../store/digest.ts'
import { gapsIn } from '../store/ranges.ts'
import type { RoomData } from '../store/room-data.ts'
import { noWants } from '../store/wants.ts'
import type { SyncParts } from './parts.ts'
import { roomNotFound } from './room-reads.ts'
import type { RoomSync } from './room-sync.ts'

const triesMax = 20
/** Differences in a row, with time between them, before a difference counts as a fault. */
const differencesMax = 3
const settleMs = 500

/** How a comparison ended. `behind`: nothing came for all tries; `unknown`: it could not be compared. */
type Outcome = 'equal' | 'different' | 'behind' | 'unknown'

/**
 * Tells whether what is held was compared with the server, and is equal.
 *
 * Where it is not, or its stream tells nothing any more, the room is read anew. A difference is reported.
 */
export async function verifyRoom(room: RoomSync, parts: SyncParts): Promise<boolean> {
  for (const { from, to } of stretchesOf(room.data)) {
    const outcome = await compare(room, parts, { from, to })
    if (outcome === 'equal') continue
    if (outcome === 'different') parts.onDivergence({ roomId: room.data.roomId, from, to })
    if (outcome !== 'unknown') await room.resync()
    return false
  }
  return true
}

/** The stretches that are held, each as long as a digest may be. An empty room has one, too. */
function stretchesOf({ held }: RoomData): { from: number; to: number }[] {
  if (held.length === 0) return [{ from: 1, to: 1 }]
  return held.flatMap(([first, last]) => {
    const count = Math.ceil((last - first + 1) / bounds.pageSizeMax)
    return Array.from({ length: count }, (_, index) => {
      const from = first + index * bounds.pageSizeMax
      return { from, to: Math.min(last, from + bounds.pageSizeMax - 1) }
    })
  })
}

/** Compares one stretch, as soon as what is held is of the very place that the digest is of. */
async function compare(
  room: RoomSync,
  { ask }: SyncParts,
  { from, to }: { from: number; to: number },
): Promise<Outcome> {
  const start = room.data.cursor
  let differences = 0
  let isStuck = true
  for (let tries = 0; tries < triesMax && room.isLive; tries++) {
    const { data } = room
    const answer = await ask(roomDigestQuery, { roomId: data.roomId, from, to, parts: [...digestParts] })
    if (!answer.room) throw roomNotFound()
    const { messageCount, digest } = answer.room
    await reached(room, digest.eventCursor)
    if (data.cursor !== start || data.cursor === digest.eventCursor) isStuck = false
    // events that came meanwhile make it another place, and so does a new read: then it is asked anew
    if (data !== room.data || data.cursor !== digest.eventCursor) continue
    if (data.wants !== noWants || data.wanted !== noWants) {
      // something that events do not tell is being read
      await wait(bounds.refreshMs)
      continue
    }
    // forgotten meanwhile
    if (data.held.length > 0 && gapsIn(data.held, [from, to]).length > 0) return 'unknown'
    const isEqual = data.room?.messageCount === messageCount && (await digestOf(data, [from, to])) === digest.hash
    if (isEqual) return 'equal'
    // blocks are not part of the feed of a room: that somebody was blocked just now is told a moment later
    differences += 1
    if (differences === differencesMax) return 'different'
    await wait(differences * settleMs)
  }
  return isStuck && room.isLive ? 'behind' : 'unknown'
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits until what is held has come to a cursor, or for a moment. */
function reached({ view, data }: RoomSync, cursor: string): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      unsubscribe()
      resolve()
    }
    const timer = setTimeout(done, data.cursor === cursor ? 0 : bounds.refreshMs)
    const unsubscribe = view.subscribe(() => data.cursor === cursor && done())
  })
}
