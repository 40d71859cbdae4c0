// Which hints a subscriber does not get: of users with a block between them, and of data that the subscriber hides.

import type { Subscriber } from '../hub/state.ts'
import { type Hint, privateHints } from '../streams/stream-item.ts'

/** Tells whether a hint shows a user with a block between them and the subscriber. */
export function shuns({ shunnedUserIds }: Subscriber<unknown>, { actorIds, userIds }: Hint): boolean {
  if (shunnedUserIds.size === 0) return false
  return [...actorIds, ...userIds].some((userId) => shunnedUserIds.has(userId))
}

/** Tells whether a hint is about data that the subscriber hides. */
export function isPrivate({ hides }: Subscriber<unknown>, { kind }: Hint): boolean {
  const what = privateHints[kind]
  return what !== undefined && hides.has(what)
}
