// Presence as it is asked for: who is online, counts of rooms, visits. Connections are tracked in tracker/.

import { z } from 'zod'
import { assertCan, assertSignedIn, judge } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { createLru } from '../concurrency/lru.ts'
import { createSharedStatement } from '../concurrency/shared-statement.ts'
import { limits } from '../config/config.ts'
import { oldVisitsLimits, type PresenceConfig } from '../config/presence.ts'
import { type Chore, repeat } from '../database/chores.ts'
import type { Sql } from '../database/sql.ts'
import type { Feed } from '../feed/feed.ts'
import type { RoomVisit } from '../generated/prisma/client.ts'
import { parseKeyset } from '../input/keyset.ts'
import { parseInput } from '../input/parse.ts'
import type { ListQuery } from '../membership/service.ts'
import { type PresenceChange, readAudience, readOnlineCounts, writeAway } from './queries.ts'
import { offline, type Presence, readPresences, readVisiblePresences } from './visibility/queries.ts'
import { deleteOldVisits, readVisits } from './visits/queries.ts'

/** Loads the actual presence of users, in their order. For hints, whose receivers may see it. */
export async function presencesByUserIds(
  { sql }: Pick<ServiceContext, 'sql'>,
  userIds: readonly string[],
): Promise<Presence[]> {
  const presences = await readPresences(sql, userIds)
  return userIds.map((userId) => presences.get(userId) ?? offline)
}

/** Loads the presence of users, in their order. OFFLINE when hidden from the viewer. */
export async function visiblePresencesByUserIds(
  { sql, viewer }: Pick<ServiceContext, 'sql' | 'viewer'>,
  userIds: readonly string[],
): Promise<Presence[]> {
  if (!viewer) return userIds.map(() => offline)
  const presences = await readVisiblePresences(sql, viewer.userId, userIds)
  return userIds.map((userId) => presences.get(userId) ?? offline)
}

const presenceInput = z.object({ status: z.enum(['ONLINE', 'AWAY'], 'must be ONLINE or AWAY') })

/**
 * Sets whether the viewer appears away, for all current and future devices. It lasts until it is changed or the last
 * device disconnects.
 *
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT
 */
export async function setPresence(context: ServiceContext, input: { status: string }): Promise<{ userId: string }> {
  const { userId } = assertSignedIn(context)
  const { status } = parseInput(presenceInput, input)
  const { presenceTracker, db, sql, feed, config } = context
  await presenceTracker.settle()
  if (await writeAway(db, { userId, isAway: status === 'AWAY' })) {
    await sendPresences({ sql, feed, config: config.presence }, [{ userId, rank: rankAboveAll }], null)
  }
  context.forget()
  return { userId }
}

/** Above the rank of every row: the change is sent whatever other servers have. */
const rankAboveAll = 3

/** The rank of active users: their change is sent unless they are active elsewhere. */
export const rankActive = 2

/**
 * Counts the members of a room who are ONLINE or AWAY. The count may be a few seconds old.
 *
 * In a DIRECT room with a block it is 0, because it would disclose the other's presence; and for a viewer who hides theirs.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN
 */
export async function countOnline(context: ServiceContext, roomId: string): Promise<number> {
  const { blocked, hidesPresence } = await assertCan(context, { roomId, action: 'listMembers' })
  return blocked || hidesPresence ? 0 : context.presenceTracker.countOnline(roomId)
}

/** Creates the cached counts of one server. Counts requested together are read in one statement. */
export function createOnlineCounts(
  sql: Sql,
  { onlineCountMs, onlineCountsMax }: PresenceConfig,
): (roomId: string) => Promise<number> {
  const kept = createLru<string, { count: Promise<number>; at: number }>({ max: onlineCountsMax })
  const read = createSharedStatement(
    async (roomIds: readonly string[]) => {
      const counts = await readOnlineCounts(sql, [...new Set(roomIds)])
      return roomIds.map((roomId) => counts.get(roomId) ?? 0)
    },
    { keysMax: limits.pageSizeMax },
  )
  return (roomId) => {
    const known = kept.get(roomId)
    if (known && Date.now() - known.at < onlineCountMs) return known.count
    const count = read(roomId)
    kept.set(roomId, { count, at: Date.now() })
    count.catch(() => kept.delete(roomId))
    return count
  }
}

/** The parts of the server that presence hints need. */
export interface PresenceHintOptions {
  sql: Sql
  feed: Pick<Feed, 'hint'>
  config: PresenceConfig
}

/**
 * Sends presence hints to the rooms and friends of users. Best effort.
 *
 * @param serverId the server where it changed; null when it has no rows any more.
 */
export async function sendPresences(
  { sql, feed, config }: PresenceHintOptions,
  changes: readonly PresenceChange[],
  serverId: string | null,
): Promise<void> {
  for (const { userId, topicId } of await readAudience(sql, changes, { ...config, serverId })) {
    feed.hint({ topicId, kind: 'PRESENCE_CHANGED', subject: userId, actorId: userId, value: 0 })
  }
}

/**
 * Sends profile hints, or presence hints after a change of privacy.
 *
 * They go to the rooms and friends of the user. Best effort.
 */
export async function sendUser(
  { sql, feed, config }: PresenceHintOptions,
  userId: string,
  about: 'privacy' | 'profile',
): Promise<void> {
  const kind = about === 'profile' ? 'USER_UPDATED' : 'PRESENCE_CHANGED'
  const changes = [{ userId, rank: rankAboveAll }]
  for (const { topicId } of await readAudience(sql, changes, { ...config, serverId: null, about })) {
    feed.hint({ topicId, kind, subject: userId, actorId: userId, value: 0 })
  }
}

/**
 * Lists visits of a room, newest first.
 *
 * Those of all members for admins, and else those of the viewer.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for a cursor of another list.
 */
export async function listVisits(
  context: ServiceContext,
  { roomId, take, keyset }: ListQuery & { roomId: string },
): Promise<RoomVisit[]> {
  const facts = await assertCan(context, { roomId, action: 'seeOwnVisits' })
  const { userId: viewerId } = assertSignedIn(context)
  const isOfAll = judge(context, { facts, action: 'seeVisits' }) === null
  return readVisits(context.sql, { roomId, viewerId, isOfAll, take, after: parseKeyset(keyset) })
}

/** The chore that deletes old visits. */
export function oldVisitsChore({ sql, days, everyMs }: { sql: Sql; days: number; everyMs: number }): Chore {
  return {
    name: 'old visits',
    everyMs,
    async run(signal) {
      const { rowsPerStatementMax: take } = oldVisitsLimits
      await repeat(() => deleteOldVisits(sql, { days, take }), { take, signal })
    },
  }
}
