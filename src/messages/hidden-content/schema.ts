// Hides the content of messages in answers: every field with content asks here. service.ts has the rule, and names the other
// places that obey it.

import { blockedIdsByUserIds } from '../../access/facts.ts'
import { whenLoaded } from '../../concurrency/loader.ts'
import type { Context } from '../../graphql/context.ts'
import { type LoadMany, load } from '../../graphql/loaders.ts'
import type { ShownMessage } from '../queries.ts'
import { isHiddenFrom } from './service.ts'

/**
 * Tells whether the content of a message is hidden from the viewer.
 *
 * A result that is made once for many viewers shows the content. It notes the author and the number that it shows, by which
 * the viewers from whom they are hidden get a result of their own.
 */
export function isMessageHidden(context: Context, message: ShownMessage): boolean | Promise<boolean> {
  const { authorId, roomId, number } = message
  if (context.isShared) {
    context.showsNumber(number)
    if (authorId !== null) context.shows(authorId)
    return false
  }
  const { viewer } = context
  if (!viewer) return false
  // the facts, which are loaded anyway, tell whether there is anything to check. The viewer's own messages wait for them
  // too, so that the fields of all messages of a page are loaded in one tick, as one batch
  return whenLoaded(context.roomFacts.load(roomId), (facts) => {
    const historyFrom = facts?.member?.historyFrom ?? 0
    if (isHiddenFrom({ historyFrom, blockedIds: none }, message)) return true
    if (authorId === null || viewer.userId === authorId || (facts && !facts.hidesAuthors)) return false
    return whenLoaded(load(context, blockedIdsByUserIds, viewer.userId), (blockedIds) =>
      isHiddenFrom({ historyFrom, blockedIds }, message),
    )
  })
}

const none: ReadonlySet<string> = new Set()

/** Resolves a part of a message's content. It is `instead` when hidden. */
export function unlessHidden<T>(
  context: Context,
  message: ShownMessage,
  resolve: () => T | Promise<T>,
  instead: T,
): T | Promise<T> {
  return whenLoaded(isMessageHidden(context, message), (isHidden) => (isHidden ? instead : resolve()))
}

/** Resolves when the loaders run the batch of this tick. */
const turn: LoadMany<null> = async (_, keys) => keys.map(() => null)

/** Loads a part of a message's content, one statement for a page. It is `instead` when hidden. */
export async function loadUnlessHidden<T>(
  context: Context,
  message: ShownMessage,
  loadMany: LoadMany<T>,
  instead: T,
): Promise<T> {
  const hidden = isMessageHidden(context, message)
  // the viewer's own messages wait for those of others, whose check takes a tick
  if (typeof hidden === 'boolean' && !context.isShared) await load(context, turn, '')
  return (await hidden) ? instead : load(context, loadMany, message.id)
}
