// Decides from whom the content of a message is hidden: from viewers who have blocked its author, and from members whose
// history begins after it. A hidden message stays a row with its number, so that numbers have no gaps.
//
// schema.ts beside this asks it for every field with content, and messages/digest for its lines. These places obey the same
// rule in their own way, because they must not read the messages one by one:
//
// - streams leave out hidden events: `isHidden` in feed/hub/interest.ts, and the groups of feed/hub/group.ts
// - history and single messages begin after `historyFrom`: messages/service.ts, messages/history and messages/pins
// - search and saved messages leave them out in SQL: messages/search/queries.ts, messages/saved/queries.ts
// - unread messages and mentions do not count them, in SQL: membership/unread/queries.ts
// - files: media/service.ts

import type { ShownMessage } from '../queries.ts'

/** The part of a viewer by which content is hidden. */
interface Onlooker {
  /** The number up to which messages are from before their history begins; 0 when none are. */
  readonly historyFrom: number
  /** The users whom they have blocked. */
  readonly blockedIds: ReadonlySet<string>
}

/** Tells whether the content of a message is hidden from a viewer. */
export function isHiddenFrom(
  { historyFrom, blockedIds }: Onlooker,
  { authorId, number }: Pick<ShownMessage, 'authorId' | 'number'>,
): boolean {
  return number <= historyFrom || (authorId !== null && blockedIds.has(authorId))
}
