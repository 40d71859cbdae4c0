import DataLoader from 'dataloader'
import { z } from 'zod'
import { assertCan, assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { oldVisitsLimits, type PresenceConfig } from '../config/presence.ts'
import { type Chore, repeat } from '../database/chores.ts'
import type { Sql } from '../database/sql.ts'
import type { Feed } from '../feed/feed.ts'
import type { RoomVisit } from '../generated/prisma/client.ts'
import { parseKeyset } from '../input/keyset.ts'
import { parseInput } from '../input/parse.ts'
import type { ListQuery } from '../membership/service.ts'
import {
  offline,
  type Presence,
  type PresenceChange,
  readAudience,
  readOnlineCounts,
  readPresences,
  readVisiblePresences,
  writeAway,
} from './queries.ts'
import { clearExpiredLeases } from './tracker/queries.ts'
import { deleteOldVisits, readVisits } from './visits/queries.ts'

/** Loads the presence of users as it is, in their order. For hints, whose readers may know it. */
export async function presencesByUserIds(
  { sql }: Pick<ServiceContext, 'sql'>,
  userIds: readonly string[],
): Promise<Presence[]> {
  const presences = await readPresences(sql, userIds)
  return userIds.map((userId) => presences.get(userId) ?? offline)
}

/** Loads the presence of users, in their order; OFFLINE where it may not be seen. */
export async function visiblePresencesByUserIds(
  { sql, viewer }: Pick<ServiceContext, 'sql' | 'viewer'>,
  userIds: readonly string[],
): Promise<Presence[]> {
  if (!viewer) return userIds.map(() => offline)
  const presences = await readVisiblePresences(sql, viewer.userId, userIds)
  return userIds.map((userId) => presences.get(userId) ?? offline)
}

const presenceInput = z.object({ status: z.enum(['ONLINE', 'AWAY'], 'is ONLINE or AWAY: who is OFFLINE is not here') })

/**
 * Says whether the viewer wants to be seen as away, whatever devices come. It holds until it is said otherwise or they
 * have left every device.
 *
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT
 */
export async function setPresence(context: ServiceContext, input: { status: string }): Promise<{ userId: string }> {
  const { userId } = assertSignedIn(context)
  const { status } = parseInput(presenceInput, input)
  const { presenceTracker, sql, feed, config } = context
  await presenceTracker.settle()
  if (await writeAway(sql, { userId, isAway: status === 'AWAY' })) {
    await tellPresences({ sql, feed, config: config.presence }, [{ userId, rank: rankNobodyReaches }], null)
  }
  context.forget()
  return { userId }
}

/** Above that of every row: the change is told whatever other servers say. */
const rankNobodyReaches = 3

/** That of who was active: told unless they are active elsewhere. */
const rankOfAll = 2

/**
 * Counts who of a room is here, AWAY or ONLINE. Up to some seconds old.
 *
 * In a DIRECT room the count would tell of the other what a block hides: there it is 0.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN
 */
export async function countOnline(context: ServiceContext, roomId: string): Promise<number> {
  const { blocked } = await assertCan(context, { roomId, action: 'listMembers' })
  return blocked ? 0 : context.presenceTracker.countOnline(roomId)
}

/** Makes the counts of one server. Those that are asked for together are read together, and kept for a while. */
export function createOnlineCounts(
  sql: Sql,
  { onlineCountMs, onlineCountsMax }: PresenceConfig,
): (roomId: string) => Promise<number> {
  const kept = new Map<string, { count: Promise<number>; at: number }>()
  const reader = new DataLoader<string, number>(
    async (roomIds) => {
      const counts = await readOnlineCounts(sql, roomIds)
      return roomIds.map((roomId) => counts.get(roomId) ?? 0)
    },
    { cache: false },
  )
  return (roomId) => {
    const known = kept.get(roomId)
    if (known && Date.now() - known.at < onlineCountMs) return known.count
    const count = reader.load(roomId)
    kept.delete(roomId)
    kept.set(roomId, { count, at: Date.now() })
    count.catch(() => kept.delete(roomId))
    const [oldest] = kept.keys()
    if (kept.size > onlineCountsMax && oldest !== undefined) kept.delete(oldest)
    return count
  }
}

/** The parts of the server that telling needs. */
export interface TellingOptions {
  sql: Sql
  feed: Pick<Feed, 'hint'>
  config: PresenceConfig
}

/**
 * Tells rooms and friends of users that their presence has changed. It may be lost.
 *
 * @param serverId the server where it changed; null where all that it said is gone.
 */
export async function tellPresences(
  { sql, feed, config }: TellingOptions,
  changes: readonly PresenceChange[],
  serverId: string | null,
): Promise<void> {
  for (const { userId, topicId } of await readAudience(sql, changes, { ...config, serverId })) {
    feed.hint({ topicId, kind: 'PRESENCE_CHANGED', subject: userId, actorId: userId, value: 0 })
  }
}

/** Tells rooms and friends of a user that their profile has changed. It may be lost. */
export async function tellProfile({ sql, feed, config }: TellingOptions, userId: string): Promise<void> {
  const changes = [{ userId, rank: rankNobodyReaches }]
  for (const { topicId } of await readAudience(sql, changes, { ...config, serverId: null, isProfile: true })) {
    feed.hint({ topicId, kind: 'USER_UPDATED', subject: userId, actorId: userId, value: 0 })
  }
}

/** Ends the visits and presences of servers that have died. Gives how many servers. */
export async function clearLeases(options: TellingOptions): Promise<number> {
  const { leasesPerClearMax, rowsPerWriteMax } = options.config
  const { servers, userIds } = await clearExpiredLeases(options.sql, leasesPerClearMax)
  for (let start = 0; start < userIds.length; start += rowsPerWriteMax) {
    const gone = userIds.slice(start, start + rowsPerWriteMax)
    await tellPresences(
      options,
      gone.map((userId) => ({ userId, rank: rankOfAll })),
      null,
    )
  }
  return servers
}

/** The chore that notices within seconds that a server has died. */
export function leaseChore(options: TellingOptions): Chore {
  return {
    name: 'expired leases',
    everyMs: options.config.clearMs,
    async run(signal) {
      await repeat(() => clearLeases(options), { take: options.config.leasesPerClearMax, signal })
    },
  }
}

/**
 * Lists the visits of a room, the newest first.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for a cursor of another list.
 */
export async function listVisits(
  context: ServiceContext,
  { roomId, take, keyset }: ListQuery & { roomId: string },
): Promise<RoomVisit[]> {
  await assertCan(context, { roomId, action: 'seeVisits' })
  const { userId: viewerId } = assertSignedIn(context)
  return readVisits(context.sql, { roomId, viewerId, take, after: parseKeyset(keyset) })
}

/** The chore that removes visits that ended too long ago. */
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
