// The status of users, as others see it and are told of its changes. Connections are tracked in tracker/.

import { z } from 'zod'
import { assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import type { PresenceConfig } from '../config/presence.ts'
import type { Sql } from '../database/sql.ts'
import type { Feed } from '../feed/feed.ts'
import { parseInput } from '../input/parse.ts'
import { type PresenceChange, readAudience, writeAway } from './queries.ts'
import { offline, type Presence, readPresences, readVisiblePresences } from './visibility/queries.ts'

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
