// Tells streams of viewers which of their rooms got messages. Nothing is written for it: the rings of rooms are heard
// anyway, and each server knows whose streams it has. What viewers do or become in a room comes as hints.

import type { PresenceConfig } from '../../config/presence.ts'
import type { Sql } from '../../database/sql.ts'
import type { Ring } from '../../feed/events.ts'
import type { Feed } from '../../feed/feed.ts'
import { readTopics } from '../../feed/topics.ts'
import { type FollowedRoom, readFollowedRooms } from './queries.ts'

/** The followers of rooms on one server: see `createAdvances`. */
export interface RoomActivity {
  /** Tells the streams of a user when a room of theirs got messages, until the returned function is called. */
  follow(userId: string): () => void
  close(): void
}

/** What advances are made of. */
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
  /** The number of the newest message that was told of, or known at first. */
  lastNumber: number
  toldAt: number
}

const keyOf = (userId: string, roomId: string) => `${userId} ${roomId}`

/**
 * Starts to listen for one server.
 *
 * A follower hears of a room at most once in `advanceMs`, and more rarely of one that very many follow here.
 */
export function createRoomActivity({ sql, feed, config, onError }: RoomActivityOptions): RoomActivity {
  const followers = new Map<string, Follower>()
  const rooms = new Map<string, Room>()
  /** Followers whose rooms are not known, or may have changed; and whether a stream of theirs has begun. */
  const unread = new Map<string, boolean>()
  const rung = new Set<string>()
  const due = new Map<string, { userId: string; roomId: string }>()
  /** When followers were told of a room, the first told first; only those who may not be told again yet. */
  const told = new Map<string, number>()
  const timers = new Map<() => unknown, NodeJS.Timeout>()
  let isClosed = false

  /** Runs a step of the work after a while, unless it is planned already. One that fails comes again. */
  function plan(step: () => unknown, ms: number): void {
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
      plan(step, config.retryMs)
    }
    planAll()
  }

  function planAll(): void {
    if (unread.size > 0) plan(readRooms, config.writeWaitMs)
    if (rung.size > 0) plan(lookAtRooms, config.advanceWaitMs)
    if (due.size > 0) plan(tellSome, config.advancePauseMs)
  }

  const stopHearing = feed.onRing((rings: readonly Ring[]) => {
    if (followers.size === 0) return
    for (const { topicId } of rings) {
      // rooms that are come to or left are events of the user
      if (followers.has(topicId)) unread.set(topicId, unread.get(topicId) ?? false)
      else if (rooms.has(topicId)) rung.add(topicId)
    }
    planAll()
  })
  feed.onHint('ROOM_ADVANCED', ({ topicId: userId, subject: roomId }) => {
    if (!followers.has(userId)) return
    addDue(userId, roomId)
    planAll()
  })

  async function readRooms(): Promise<void> {
    const taken = [...unread].slice(0, config.rowsPerWriteMax)
    const userIds = taken.map(([userId]) => userId)
    // what comes while this is read is looked at again
    for (const userId of userIds) unread.delete(userId)
    try {
      const query = { userIds, roomsMax: config.roomsFollowedMax, newsMs: config.advanceNewsMs }
      const byUser = Map.groupBy(await readFollowedRooms(sql, query), ({ userId }) => userId)
      for (const [userId, hasBegun] of taken) {
        const follower = followers.get(userId)
        if (!follower) continue
        const found = byUser.get(userId) ?? []
        tellNews(userId, found, hasBegun ? new Set() : follower.roomIds)
        setRooms(userId, follower, found)
      }
    } catch (error) {
      for (const [userId, hasBegun] of taken) unread.set(userId, hasBegun || unread.get(userId) === true)
      throw error
    }
  }

  /** Tells of what came before a room was followed: nobody else does. */
  function tellNews(userId: string, found: readonly FollowedRoom[], known: ReadonlySet<string>): void {
    for (const { roomId, hasNews } of found) if (hasNews && !known.has(roomId)) addDue(userId, roomId)
  }

  function setRooms(userId: string, follower: Follower, found: readonly FollowedRoom[]): void {
    const roomIds = new Set(found.map(({ roomId }) => roomId))
    leaveRooms(userId, follower, roomIds)
    follower.roomIds = roomIds
    for (const { roomId, lastNumber } of found) {
      const room = rooms.get(roomId) ?? { followerIds: new Set(), lastNumber, toldAt: 0 }
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
    const now = Date.now()
    const roomIds = [...rung].filter((roomId) => isDue(rooms.get(roomId), now)).slice(0, config.rowsPerWriteMax)
    if (roomIds.length === 0) return
    const topics = await readTopics(sql, roomIds)
    for (const roomId of roomIds) {
      rung.delete(roomId)
      const room = rooms.get(roomId)
      const lastNumber = topics.get(roomId)?.lastNumber ?? 0
      if (!room || lastNumber <= room.lastNumber) continue
      Object.assign(room, { lastNumber, toldAt: now })
      for (const userId of room.followerIds) addDue(userId, roomId)
    }
  }

  function addDue(userId: string, roomId: string): void {
    if (due.size < config.advancesWaitingMax) due.set(keyOf(userId, roomId), { userId, roomId })
  }

  /** The more follow a room, the more rarely they are told: a message to many thousands is no burst of as many hints. */
  function isDue(room: Room | undefined, now: number): boolean {
    return !room || now - room.toldAt >= Math.max(config.advanceMs, room.followerIds.size)
  }

  function tellSome(): void {
    const now = Date.now()
    for (const [key, toldAt] of told) {
      if (now - toldAt < config.advanceMs) break
      told.delete(key)
    }
    // what they ask is read together
    const batch = {}
    let left = config.advancesPerTurnMax
    for (const [key, { userId, roomId }] of due) {
      if (left === 0) break
      if (told.has(key)) continue
      left -= 1
      due.delete(key)
      told.set(key, now)
      feed.tellHere({ topicId: userId, kind: 'ROOM_ADVANCED', subject: roomId, actorIds: [], userIds: [], batch })
    }
  }

  return {
    follow(userId) {
      const follower = followers.get(userId) ?? { streams: 0, roomIds: new Set() }
      followers.set(userId, follower)
      follower.streams += 1
      unread.set(userId, true)
      planAll()
      return () => {
        follower.streams -= 1
        if (follower.streams > 0) return
        leaveRooms(userId, follower, new Set())
        followers.delete(userId)
      }
    },
    close() {
      isClosed = true
      stopHearing()
      followers.clear()
      for (const waiting of [unread, rung, due]) waiting.clear()
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}
