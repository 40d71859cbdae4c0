// The status of users, as others see it. Connections are tracked in tracker/; audience/ decides who is told of a change.

import { z } from 'zod'
import { assertSignedIn } from '../access/access.ts'
import type { ServiceContext } from '../access/context.ts'
import { parseInput } from '../input/parse.ts'
import { rankAboveAll, sendPresences } from './audience/service.ts'
import { writeAway } from './queries.ts'
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
