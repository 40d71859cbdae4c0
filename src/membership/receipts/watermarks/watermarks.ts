// Watermarks: up to which number every member of a room has read and received.
//
// The watermark is the number of the slowest reader. An index to find that member would be changed by every mark and every
// send, while now both rewrite a row in its page (HOT) and touch no index. But numbers only grow, and new members start
// at the newest message: while one of the slowest readers has not moved on, nobody else can be slower. So each server
// remembers some of the slowest, reads only these, and searches the room again when all of them have moved.
//
// Members who hide their receipts do not count. When somebody begins to hide or to show them, what was remembered of their
// rooms is worth nothing: a slow member may count again.

import type { Reach, Receipts } from '../../../access/context.ts'
import { createLru } from '../../../concurrency/lru.ts'
import { limits } from '../../../config/config.ts'
import type { Sql } from '../../../database/sql.ts'
import {
  type Elder,
  readSlowest,
  readWatermarks,
  type Slowest,
  type SlowestMembers,
  type Watermark,
} from './queries.ts'

type NumberedMessage = Parameters<Receipts['reachOf']>[0][number]

/**
 * Creates the function that tells how far messages have come.
 *
 * It takes one statement, or two when all of the slowest have moved. It remembers at most `roomsMax` rooms.
 */
export function createWatermarks(sql: Sql, roomsMax: number): Receipts['reachOf'] {
  const slowestOf = createLru<string, Slowest>({ max: roomsMax })

  /** Searches rooms for their slowest members. The result includes their current numbers. */
  async function search(roomIds: readonly string[]): Promise<Known[]> {
    const found = await readSlowest(sql, roomIds, limits.slowestKeptMax)
    for (const { slowest } of found) slowestOf.set(slowest.roomId, slowest)
    return found
  }

  async function lookAt(slowest: readonly Slowest[]): Promise<Known[]> {
    if (slowest.length === 0) return []
    const watermarks = new Map((await readWatermarks(sql, slowest)).map((watermark) => [watermark.roomId, watermark]))
    return slowest.flatMap((known) => {
      const watermark = watermarks.get(known.roomId)
      return watermark ? [{ slowest: known, watermark }] : []
    })
  }

  return async (messages) => {
    const rooms = Map.groupBy(messages, ({ roomId }) => roomId)
    const known = await lookAt([...rooms.keys()].flatMap((roomId) => slowestOf.get(roomId) ?? []))
    const sure = known.filter((room) => rooms.get(room.slowest.roomId)?.every((message) => reachIn(room, message)))
    const byRoom = new Map(sure.map((room) => [room.slowest.roomId, room]))
    const others = [...rooms.keys()].filter((roomId) => !byRoom.has(roomId))
    if (others.length > 0) for (const room of await search(others)) byRoom.set(room.slowest.roomId, room)
    return messages.map((message) => {
      const room = byRoom.get(message.roomId)
      return (room && reachIn(room, message)) ?? 'SENT'
    })
  }
}

interface Known {
  readonly slowest: Slowest
  readonly watermark: Watermark
}

/** Tells how far a message has come; null when that takes another search. */
function reachIn({ slowest, watermark }: Known, { number, authorId, sentAt }: NumberedMessage): Reach | null {
  if (watermark.hasChanged) return null
  const { elders, readers, receivers } = slowest
  // who has left and come back has joined later
  const left = watermark.elders.filter((elder) => elders.some((known) => isSame(known, elder)))
  // members who joined later count as having read it, but are no recipients
  const isRecipient = ({ userId, joinedAt }: Elder) => userId !== authorId && joinedAt <= sentAt.getTime()
  if (!left.some(isRecipient)) {
    // others joined after two elders who are still there; otherwise one of them may be a recipient
    const isSure = left.length === elders.length && (elders.length === 2 || !watermark.hasJoined)
    return isSure ? 'SENT' : null
  }
  const isRead = isReached(number, readers, watermark.read)
  if (isRead === true) return 'READ'
  const isDelivered = isReached(number, receivers, watermark.delivered)
  if (isRead === null || isDelivered === null) return null
  return isDelivered ? 'DELIVERED' : 'SENT'
}

const isSame = (a: Elder, b: Elder) => a.userId === b.userId && a.joinedAt === b.joinedAt

/** Tells whether everybody has reached a number, when the slowest are now at `least` or beyond; null when unknown. */
function isReached(number: number, { others }: SlowestMembers, least: number | null): boolean | null {
  if (least !== null && number > least) return false
  return number <= others ? true : null
}
