// Tells the rooms and friends of users that their presence or profile has changed.

import type { PresenceConfig } from '../../config/presence.ts'
import type { Sql } from '../../database/sql.ts'
import type { Feed } from '../../feed/feed.ts'
import { type PresenceChange, readAudience } from './queries.ts'

/** Above the rank of every row: the change is sent whatever other servers have. */
export const rankAboveAll = 3

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
