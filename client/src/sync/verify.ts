// Compares what is held of a room with the server, by digests of stretches.

import { bounds } from '../config.ts'
import { roomDigestQuery } from '../operations/room.ts'
import { digestOf, digestParts } from '../store/digest.ts'
import { noWants } from '../store/wants.ts'
import type { SyncParts } from './parts.ts'
import { roomNotFound } from './room-reads.ts'
import type { RoomSync } from './room-sync.ts'

const triesMax = 20
/** Differences in a row, with time between them, before a difference counts as a fault. */
const differencesMax = 3
const settleMs = 500

/** Tells whether what is held equals what the server holds. Where it does not, the room is read anew, and that is reported. */
export async function verifyRoom(room: RoomSync, parts: SyncParts): Promise<boolean> {
  for (const [first, last] of room.data.held) {
    for (let from = first; from <= last; from += bounds.pageSizeMax) {
      const to = Math.min(last, from + bounds.pageSizeMax - 1)
      if (await isEqual(room, parts, { from, to })) continue
      parts.onDivergence({ roomId: room.data.roomId, from, to })
      await room.resync()
      return false
    }
  }
  return true
}

/** Compares one stretch, as soon as what is held is of the very place that the digest is of. */
async function isEqual(
  room: RoomSync,
  { ask }: SyncParts,
  { from, to }: { from: number; to: number },
): Promise<boolean> {
  const { data } = room
  let differences = 0
  for (let tries = 0; tries < triesMax; tries++) {
    const answer = await ask(roomDigestQuery, { roomId: data.roomId, from, to, parts: [...digestParts] })
    if (!answer.room) throw roomNotFound()
    const { hash, eventCursor } = answer.room.digest
    await reached(room, eventCursor)
    // events that came meanwhile make it another place: then it is asked anew
    if (data !== room.data) return true
    if (data.cursor !== eventCursor || data.wants !== noWants || data.wanted !== noWants) continue
    if ((await digestOf(data, [from, to])) === hash) return true
    // blocks are not part of the feed of a room: that somebody was blocked just now is told a moment later
    differences += 1
    if (differences === differencesMax) return false
    await new Promise((resolve) => setTimeout(resolve, differences * settleMs))
  }
  return true // so much happens that it cannot be compared now
}

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
