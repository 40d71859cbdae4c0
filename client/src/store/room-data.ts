// Data of one room, and how messages, members and people get into it. Events are applied in room-events.ts.

import type { Member, RoomFields, StoredMessage, User } from '../api/entities.ts'
import { bounds } from '../config.ts'
import type { MessageFieldsFragment, RoomSnapshotQuery, ViewerInRoomFieldsFragment } from '../generated/operations.ts'
import { addRange, countOf, hasNumber, type Range, rangeAt, rangesOf } from './ranges.ts'
import { noWants, type Wants } from './wants.ts'

/** A message as an event or a query tells of it. */
export type TellsMessage = MessageFieldsFragment | StoredMessage

/** Data of one room. Objects in it are replaced, never changed. */
export interface RoomData {
  readonly roomId: string
  readonly viewerId: string
  /** Everything up to here has been applied. Null until the room is read. */
  cursor: string | null
  room: RoomFields | null
  viewer: ViewerInRoomFieldsFragment | null
  /** By number. */
  readonly messages: Map<number, StoredMessage>
  /** The numbers of those that are held. */
  held: readonly Range[]
  /** Numbers by id. */
  readonly numbers: Map<string, number>
  /** Pinned messages by id, also those that are not held by number. */
  readonly pins: Map<string, StoredMessage>
  /** Messages that held ones answer, by id, as shown in a quote. */
  readonly quotes: Map<string, Quote>
  readonly members: Map<string, Member>
  /** Where the next page of members begins; null when all are held. */
  membersAfter: string | null
  /** People by id, as they were told last. */
  readonly users: Map<string, User>
  readonly presence: Map<string, 'ONLINE' | 'AWAY' | 'OFFLINE'>
  typing: { readonly users: readonly { id: string; displayName: string }[]; readonly until: number }
  /** Events that arrive during a read: they are applied again on top of its answer. */
  told: Told | null
  /** How many reads are under way. */
  reads: number
  /** How many were asked for, and which of them is being taken. */
  asked: number
  taking: number
  /** The reads that are needed, and those that are running. */
  wants: Wants
  wanted: Wants
  /** Numbers of messages that have changed since they were kept. */
  readonly changed: Set<number>
}

/** Events that arrived during a read. */
export interface Told {
  readonly messages: Map<string, TellsMessage>
  /** Messages that were read by their ids, and which read that was: a page that was asked for before has older ones. */
  readonly read: Map<string, { readonly asked: number; readonly message: StoredMessage }>
  /** How many messages answer one, by its id. */
  readonly replyCounts: Map<string, number>
  /** Null for those who have left. */
  readonly members: Map<string, Member | null>
}

/** A message that another one answers. */
export type Quote = NonNullable<StoredMessage['replyTo']>

/** Makes an empty room. */
export function createRoomData(roomId: string, viewerId: string): RoomData {
  return {
    ...{ roomId, viewerId, cursor: null, room: null, viewer: null, held: [], membersAfter: null },
    ...{ told: null, reads: 0, asked: 0, taking: 0 },
    ...{ wants: noWants, wanted: noWants },
    ...{ messages: new Map(), numbers: new Map(), pins: new Map(), quotes: new Map(), members: new Map() },
    ...{ users: new Map(), presence: new Map(), changed: new Set(), typing: { users: [], until: 0 } },
  }
}

/** Makes a room of what was read. */
export function roomDataOf(
  snapshot: NonNullable<RoomSnapshotQuery['room']>,
  { roomId, viewerId }: { roomId: string; viewerId: string },
): RoomData {
  const data = createRoomData(roomId, viewerId)
  const { eventCursor, messages, members, pinnedMessages, viewerMembership, viewerCan, title, ...room } = snapshot
  data.cursor = eventCursor
  data.room = room
  data.viewer = { viewerMembership, viewerCan, title }
  putPage(data, messages.nodes)
  for (const member of members.nodes) putMember(data, member)
  data.membersAfter = members.pageInfo.hasNextPage ? members.pageInfo.endCursor : null
  for (const pin of pinnedMessages) putMessage(data, pin)
  return data
}

/** Puts a run of messages with consecutive numbers. */
export function putPage(data: RoomData, page: readonly StoredMessage[]): void {
  for (const message of page) hold(data, withTold(data, message))
}

/** Puts what was told of a message, where it is held, pinned or quoted. */
export function putMessage(data: RoomData, told: TellsMessage): void {
  const number = data.numbers.get(told.id)
  const known = number === undefined ? data.pins.get(told.id) : data.messages.get(number)
  const message = withOwn(told, known)
  if (number !== undefined) setMessage(data, message)
  index(data, message)
}

/** Puts a message that is held from now on. */
export function hold(data: RoomData, told: TellsMessage): void {
  const message = withOwn(told, data.messages.get(told.number))
  setMessage(data, message)
  data.numbers.set(told.id, told.number)
  data.held = addRange(data.held, [told.number, told.number])
  index(data, message)
}

/** Replaces a message that is held. */
export function setMessage(data: RoomData, message: StoredMessage): void {
  data.messages.set(message.number, message)
  data.changed.add(message.number)
}

/** Returns a row that was read, with what was told meanwhile on top of it. */
export function withTold(data: RoomData, row: StoredMessage): StoredMessage {
  const told = data.told?.messages.get(row.id)
  const read = data.told?.read.get(row.id)
  const known = read && read.asked > data.taking ? read.message : row
  const message = told ? withOwn(told, known) : known
  const replyCount = Math.max(message.replyCount, data.told?.replyCounts.get(row.id) ?? 0)
  return replyCount === message.replyCount ? message : { ...message, replyCount }
}

function index(data: RoomData, message: StoredMessage): void {
  const { id, author, replyTo } = message
  if (author) putUser(data, author)
  if (message.pinnedAt) data.pins.set(id, message)
  else data.pins.delete(id)
  if (replyTo && !data.quotes.has(replyTo.id)) data.quotes.set(replyTo.id, replyTo)
  if (data.quotes.has(id)) data.quotes.set(id, quoteOf(message))
}

/** Puts a user. One who has not changed stays the same object, and so does all that shows them. */
export function putUser(data: RoomData, user: User): void {
  const known = data.users.get(user.id)
  if (!known || JSON.stringify(known) !== JSON.stringify(user)) data.users.set(user.id, user)
}

function quoteOf({ id, number, body, kind, action, isHidden, deletedAt, author }: StoredMessage): Quote {
  const by = author && { __typename: author.__typename, id: author.id, displayName: author.displayName }
  return { __typename: 'Message', id, number, body, kind, action, isHidden, deletedAt, author: by }
}

/** Streams do not tell what the viewer has reacted with or saved: that stays as it was known. */
function withOwn(told: TellsMessage, known: StoredMessage | undefined): StoredMessage {
  const own = new Set(known?.reactions.flatMap((group) => (group.viewerHasReacted ? [group.emoji] : [])))
  const reactions = told.reactions.map((group) => ({
    ...group,
    viewerHasReacted: 'viewerHasReacted' in group ? group.viewerHasReacted === true : own.has(group.emoji),
  }))
  const isSaved = 'isSaved' in told ? told.isSaved : (known?.isSaved ?? false)
  return { ...told, isSaved, reactions }
}

/** Puts a member. `mutedUntil` stays as it was known where it is not told. */
export function putMember(data: RoomData, member: Omit<Member, 'mutedUntil'> & { mutedUntil?: string | null }): void {
  const known = data.members.get(member.user.id)
  putUser(data, member.user)
  const { role, joinedAt, lastReadNumber, lastDeliveredNumber, user, __typename } = member
  const mutedUntil = member.mutedUntil === undefined ? (known?.mutedUntil ?? null) : member.mutedUntil
  data.members.set(user.id, {
    ...{ __typename, role, joinedAt, user, mutedUntil },
    // marks only grow, and hints may come late; null where they are hidden
    lastReadNumber: laterOf(lastReadNumber, known?.lastReadNumber),
    lastDeliveredNumber: laterOf(lastDeliveredNumber, known?.lastDeliveredNumber),
  })
}

function laterOf(number: number | null, known: number | null | undefined): number | null {
  return number === null ? null : Math.max(number, known ?? 0)
}

/** Puts a page of members that was read, with what was told meanwhile on top of it. */
export function putMembers(data: RoomData, page: readonly Member[]): void {
  for (const member of page) {
    const told = data.told?.members.get(member.user.id)
    if (told !== null) putMember(data, told ? { ...member, ...told, mutedUntil: member.mutedUntil } : member)
  }
}

/** Runs a read. What is told while it is under way is not undone by its answer. */
export async function whileReading<T>(
  data: RoomData,
  read: () => Promise<T>,
  take: (answer: T) => void,
): Promise<void> {
  data.reads += 1
  data.told ??= { messages: new Map(), read: new Map(), replyCounts: new Map(), members: new Map() }
  data.asked += 1
  const { asked } = data
  try {
    const answer = await read()
    data.taking = asked
    take(answer)
  } finally {
    data.reads -= 1
    if (data.reads === 0) data.told = null
  }
}

/**
 * Forgets messages, when more are held than may be.
 *
 * Kept are the newest page, then those of the run that has the number, the nearest first, then the newest of the others.
 */
export function trim(data: RoomData, around: number): void {
  if (countOf(data.held) <= bounds.messagesPerRoomMax) return
  const newest = data.room?.messageCount ?? data.held.at(-1)?.[1] ?? 0
  const run = rangeAt(data.held, around)
  const rank = (number: number) => {
    if (number > newest - bounds.pageSize) return -1
    return run && run[0] <= number && number <= run[1] ? Math.abs(number - around) : newest + newest - number
  }
  const ranked = [...data.messages.keys()].map((number) => [rank(number), number] as const)
  ranked.sort(([a], [b]) => a - b)
  const kept = ranked.slice(0, bounds.messagesPerRoomMax).map(([, number]) => number)
  data.held = rangesOf(kept)
  for (const [number, { id }] of data.messages) {
    if (hasNumber(data.held, number)) continue
    data.messages.delete(number)
    data.numbers.delete(id)
    data.changed.add(number)
  }
}

/** Returns the unbroken stretch around a number. Where that is not held, it is the one of the newest message. */
export function runAround({ held, room }: RoomData, number: number): Range | undefined {
  const newest = room?.messageCount ?? 0
  return rangeAt(held, Math.min(number, newest)) ?? rangeAt(held, newest)
}
