// Notifies the streams of viewers when their rooms get messages. It writes nothing: the rings of rooms arrive anyway,
// and each server knows whose streams it has. What viewers read or become in a room arrives as hints.

import type { PresenceConfig } from '../../config/presence.ts'
import type { Sql } from '../../database/sql.ts'
import type { Ring } from '../../feed/events.ts'
import type { Feed } from '../../feed/feed.ts'
import { type FollowedRoom, readFollowedRooms, readRoomNews } from './queries.ts'

/** The followers of rooms on one server: see `createRoomActivity`. */
export interface RoomActivity {
  /** Notifies the streams of a user when a room of theirs gets messages. Returns a function that stops it. */
  follow(userId: string): () => void
  close(): void
}

/** The parts of the server that room activity needs. */
export interface RoomActivityOptions {
  sql: Sql
  feed: Pick<Feed, 'onRing' | 'onHint' | 'tellHere'>
  config: PresenceConfig
  onError(error: unknown): void
}

interface Follower {
  streams: number
  roomIds: ReadonlySet<string>
}

interface Room {
  readonly followerIds: Set<string>
  /** The number of the newest message that was announced, or known at first. */
  lastNumber: number
  /** How many of its messages nobody counted as unread then: more of them make unread counts lower. */
  uncounted: number
  announcedAt: number
}

const keyOf = (userId: string, roomId: string) => `${userId} ${roomId}`

/**
 * Creates the room activity of one server.
 *
 * A follower hears of a room at most once per `advanceMs`, and less often when very many follow it on this server.
 */
export function createRoomActivity({ sql, feed, config, onError }: RoomActivityOptions): RoomActivity {
  const followers = new Map<string, Follower>()
  const rooms = new Map<string, Room>()
  /** Followers whose rooms are unknown or may have changed; and whether one of their streams has just begun. */
  const unread = new Map<string, boolean>()
  const rung = new Set<string>()
  const due = new Map<string, { userId: string; roomId: string }>()
  /** When a follower was notified of a room, oldest first, by a clock that nobody sets; only those who may not be notified again yet. */
  const sent = new Map<string, number>()
  const timers = new Map<() => unknown, NodeJS.Timeout>()
  let isClosed = false

  /** Schedules a step of the work, unless it is already scheduled. A failed step is retried. */
  function schedule(step: () => unknown, ms: number): void {
    if (isClosed || timers.has(step)) return
    const timer = setTimeout(() => void run(step), ms)
    timer.unref()
    timers.set(step, timer)
  }

  async function run(step: () => unknown): Promise<void> {
    try {
      await step()
      timers.delete(step)
    } catch (error) {
      timers.delete(step)
      onError(error)
      schedule(step, config.retryMs)
    }
    scheduleAll()
  }

  function scheduleAll(): void {
    if (unread.size > 0) schedule(readRooms, config.writeWaitMs)
    if (rung.size > 0) schedule(lookAtRooms, config.advanceWaitMs)
    if (due.size > 0) schedule(sendDue, config.advancePauseMs)
  }

  const stopListening = feed.onRing((rings: readonly Ring[]) => {
    if (followers.size === 0) return
    for (const { topicId } of rings) {
      // joining and leaving a room are events of the user
      if (followers.has(topicId)) unread.set(topicId, unread.get(topicId) ?? false)
      else if (rooms.has(topicId)) rung.add(topicId)
    }
    scheduleAll()
  })
  feed.onHint('ROOM_ADVANCED', ({ topicId: userId, subject: roomId }) => {
    if (!followers.has(userId)) return
    addDue(userId, roomId)
    scheduleAll()
  })

  async function readRooms(): Promise<void> {
    const taken = [...unread].slice(0, config.rowsPerWriteMax)
    const userIds = taken.map(([userId]) => userId)
    // changes during this read are read again
    for (const userId of userIds) unread.delete(userId)
    try {
      const query = { userIds, roomsMax: config.roomsFollowedMax, newsMs: config.advanceNewsMs }
      const byUser = Map.groupBy(await readFollowedRooms(sql, query), ({ userId }) => userId)
      for (const [userId, hasBegun] of taken) {
        const follower = followers.get(userId)
        if (!follower) continue
        const found = byUser.get(userId) ?? []
        announceNews(userId, found, hasBegun ? new Set() : follower.roomIds)
        setRooms(userId, follower, found)
      }
    } catch (error) {
      for (const [userId, hasBegun] of taken) unread.set(userId, hasBegun || unread.get(userId) === true)
      throw error
    }
  }

  /** Announces messages from before a room was followed, which no ring announces. */
  function announceNews(userId: string, found: readonly FollowedRoom[], known: ReadonlySet<string>): void {
    for (const { roomId, hasNews } of found) if (hasNews && !known.has(roomId)) addDue(userId, roomId)
  }

  function setRooms(userId: string, follower: Follower, found: readonly FollowedRoom[]): void {
    const roomIds = new Set(found.map(({ roomId }) => roomId))
    leaveRooms(userId, follower, roomIds)
    follower.roomIds = roomIds
    for (const { roomId, lastNumber, uncounted } of found) {
      const room = rooms.get(roomId) ?? {
        followerIds: new Set(),
        lastNumber,
        uncounted,
        announcedAt: Number.NEGATIVE_INFINITY,
      }
      rooms.set(roomId, room)
      room.followerIds.add(userId)
    }
  }

  function leaveRooms(userId: string, { roomIds }: Follower, but: ReadonlySet<string>): void {
    for (const roomId of roomIds) {
      const room = rooms.get(roomId)
      if (!room || but.has(roomId)) continue
      due.delete(keyOf(userId, roomId))
      room.followerIds.delete(userId)
      if (room.followerIds.size === 0) rooms.delete(roomId)
    }
  }

  async function lookAtRooms(): Promise<void> {
    const now = performance.now()
    const roomIds = [...rung].filter((roomId) => isDue(rooms.get(roomId), now)).slice(0, config.rowsPerWriteMax)
    if (roomIds.length === 0) return
    const news = new Map((await readRoomNews(sql, roomIds)).map((found) => [found.roomId, found]))
    for (const roomId of roomIds) {
      rung.delete(roomId)
      const room = rooms.get(roomId)
      const { lastNumber = 0, uncounted = 0 } = news.get(roomId) ?? {}
      if (!room || (lastNumber <= room.lastNumber && uncounted <= room.uncounted)) continue
      Object.assign(room, { lastNumber, uncounted, announcedAt: now })
      for (const userId of room.followerIds) addDue(userId, roomId)
    }
  }

  function addDue(userId: string, roomId: string): void {
    if (due.size < config.advancesWaitingMax) due.set(keyOf(userId, roomId), { userId, roomId })
  }

  /** Tells whether a room may be announced again. The more followers, the less often: this avoids bursts of hints in large rooms. */
  function isDue(room: Room | undefined, now: number): boolean {
    return !room || now - room.announcedAt >= Math.max(config.advanceMs, room.followerIds.size)
  }

  function sendDue(): void {
    const now = performance.now()
    for (const [key, announcedAt] of sent) {
      if (now - announcedAt < config.advanceMs) break
      sent.delete(key)
    }
    // hints of one batch are executed with the same loaders
    const batch = {}
    let left = config.advancesPerTurnMax
    for (const [key, { userId, roomId }] of due) {
      if (left === 0) break
      if (sent.has(key)) continue
      left -= 1
      due.delete(key)
      sent.set(key, now)
      feed.tellHere({ topicId: userId, kind: 'ROOM_ADVANCED', subject: roomId, actorIds: [], userIds: [], batch })
    }
  }

  return {
    follow(userId) {
      const follower = followers.get(userId) ?? { streams: 0, roomIds: new Set() }
      followers.set(userId, follower)
      follower.streams += 1
      unread.set(userId, true)
      scheduleAll()
      return () => {
        follower.streams -= 1
        if (follower.streams > 0) return
        leaveRooms(userId, follower, new Set())
        followers.delete(userId)
      }
    },
    close() {
      isClosed = true
      stopListening()
      followers.clear()
      for (const waiting of [unread, rung, due]) waiting.clear()
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}
