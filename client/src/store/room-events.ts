// State and events make the state that a fresh read would give. There is a rule for every type of RoomEvent: the compiler
// wants it, and a test walks schema.graphql.

import type { RoomFields } from '../api/entities.ts'
import { bounds } from '../config.ts'
import type { RoomEventsSubscription } from '../generated/operations.ts'
import { hold, putMember, putMessage, putUser, type RoomData, setMessage, type TellsMessage } from './room-data.ts'

/** An event of a room. */
export type RoomEvent = RoomEventsSubscription['roomEvents']

/** The reads that an event makes necessary because it does not contain the data. */
export interface Consequence {
  /** Data that depends on the viewer: permissions and membership. */
  readonly head?: boolean
  /** Members, whose `mutedUntil` is not told. */
  readonly members?: boolean
  /** Messages by id, whose reactions of the viewer are not told. */
  readonly messages?: readonly string[]
  /** Something of somebody blocked, new messages or an edit of a hidden one: the newest message that was held before. */
  readonly hidden?: number
  /** Everything up to here has been delivered. */
  readonly synced?: true
  /** The whole room. */
  readonly resync?: string
  /** Nothing more: the viewer is out of it. */
  readonly gone?: 'left' | 'deleted'
}

const nothing: Consequence = {}

type Rules = {
  readonly [Type in RoomEvent['__typename']]: (
    data: RoomData,
    event: Extract<RoomEvent, { __typename: Type }>,
  ) => Consequence
}

/** The rule for each type of event. */
export const roomEventRules: Rules = {
  MessageSent(data, { message }) {
    const { room, replyTo, ...told } = message
    const quote = replyTo && { ...replyTo }
    remember(data, { ...told, replyTo: quote })
    hold(data, { ...told, replyTo: quote })
    if (data.room)
      data.room = { ...data.room, messageCount: Math.max(data.room.messageCount, room.messageCount, told.number) }
    if (replyTo) countReplies(data, replyTo)
    stopTyping(data, told.author?.id)
    const member = told.author && data.members.get(told.author.id)
    // authors have read everything before; no receipt tells it
    if (member && member.lastReadNumber !== null)
      putMember(data, { ...member, lastReadNumber: told.number, lastDeliveredNumber: told.number })
    const isOwn = told.author?.id === data.viewerId
    // in slow mode the viewer now has to wait
    return isOwn && data.room && data.room.slowModeSeconds > 0 ? { head: true } : nothing
  },
  MessageEdited: (data, { message }) => changed(data, message),
  MessageDeleted: (data, { message }) => changed(data, message),
  MessagePinned: (data, { message }) => changed(data, message),
  MessageUnpinned: (data, { message }) => changed(data, message),
  ReactionsChanged(data, { message }) {
    changed(data, message)
    // or it will be held, when a page comes that is on its way
    const isHeld = data.numbers.has(message.id) || data.pins.has(message.id) || data.reads > 0
    return isHeld ? { messages: [message.id] } : nothing
  },
  MemberJoined(data, { membership, user }) {
    if (!membership) return nothing // they have left since, which is told next
    const { room, ...member } = membership
    if (data.room) data.room = { ...data.room, memberCount: room.memberCount }
    data.told?.members.set(user.id, { ...member, mutedUntil: null })
    // beyond the end of what is held, the next page has them
    if (data.membersAfter === null || data.members.has(user.id)) putMember(data, member)
    // who was muted before they left still is
    return user.id === data.viewerId ? { head: true } : { members: true }
  },
  MemberUpdated(data, { membership, user }) {
    if (!membership) return nothing
    const { room, ...member } = membership
    putRoom(data, room)
    if (data.members.has(user.id)) putMember(data, member)
    data.told?.members.set(user.id, { ...member, mutedUntil: null })
    // what one may see of the others depends on the own role
    return user.id === data.viewerId ? { head: true, members: true } : { members: true }
  },
  MemberLeft(data, { user, room }) {
    data.members.delete(user.id)
    data.told?.members.set(user.id, null)
    stopTyping(data, user.id)
    if (room) putRoom(data, room)
    if (user.id === data.viewerId) return { gone: 'left' }
    // who owns the room may have changed with it, and in a direct room what may be done
    return { head: true }
  },
  RoomUpdated(data, { room }) {
    if (room) putRoom(data, room)
    return { head: true }
  },
  RoomDeleted: () => ({ gone: 'deleted' }),
  Synced: () => ({ synced: true }),
  Hidden: ({ held }) => ({ hidden: held.at(-1)?.[1] ?? 0 }),
  ResyncRequired: (_, { reason }) => ({ resync: reason }),
  TypingChanged(data, { users }) {
    const others = users.filter(({ id }) => id !== data.viewerId)
    data.typing = { users: others, until: Date.now() + bounds.typingMs }
    return nothing
  },
  PresenceChanged(data, { user }) {
    data.presence.set(user.id, user.presence.status)
    return nothing
  },
  ReceiptAdvanced(data, { membership }) {
    const member = membership && data.members.get(membership.user.id)
    if (member) putMember(data, { ...member, ...membership, user: member.user })
    return nothing
  },
  UserUpdated(data, { user }) {
    putUser(data, user)
    const member = data.members.get(user.id)
    if (member) data.members.set(user.id, { ...member, user })
    return nothing
  },
}

const control: ReadonlySet<RoomEvent['__typename']> = new Set(['ResyncRequired'])

/** Applies an event, and says what has to be read after it. A type of a newer server changes nothing but the cursor. */
export function applyRoomEvent(data: RoomData, event: RoomEvent): Consequence {
  const rule = roomEventRules[event.__typename] as Rules[RoomEvent['__typename']] | undefined
  // each rule takes the events of its own type alone
  const consequence = rule ? (rule as (data: RoomData, event: RoomEvent) => Consequence)(data, event) : nothing
  if (!control.has(event.__typename)) data.cursor = event.cursor
  return consequence
}

/** Takes over how many messages answer one. */
function countReplies(
  data: RoomData,
  { id, number, replyCount }: { id: string; number: number; replyCount: number },
): void {
  const counted = <Known extends { replyCount: number }>(known: Known): Known => {
    return { ...known, replyCount: Math.max(known.replyCount, replyCount) }
  }
  const message = data.messages.get(number)
  if (message) setMessage(data, counted(message))
  const pin = data.pins.get(id)
  if (pin) data.pins.set(id, counted(pin))
  data.told?.replyCounts.set(id, replyCount)
}

function putRoom(data: RoomData, room: RoomFields): void {
  data.room = { ...room, messageCount: Math.max(room.messageCount, data.room?.messageCount ?? 0) }
}

/** Notes what was told, for reads that are under way. */
function remember(data: RoomData, message: TellsMessage): void {
  data.told?.messages.set(message.id, message)
}

function changed(data: RoomData, message: TellsMessage): Consequence {
  remember(data, message)
  putMessage(data, message)
  return nothing
}

function stopTyping(data: RoomData, userId: string | undefined): void {
  const { users, until } = data.typing
  if (userId && users.some(({ id }) => id === userId)) {
    data.typing = { users: users.filter(({ id }) => id !== userId), until }
  }
}
