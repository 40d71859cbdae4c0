// Data of the viewer: the list of rooms, the account, friends and blocks.

import type {
  DataExport,
  DeviceSession,
  Friendship,
  RoomFields,
  RoomInvitation,
  RoomSummary,
  StoredMessage,
  User,
} from '../api/entities.ts'
import type { FriendsQuery, ViewerSnapshotQuery } from '../generated/operations.ts'
import { asReadTo, isCounted, unreadAfter } from './unread.ts'

/** Data of the viewer. Objects in it are replaced, never changed. */
export interface ViewerData {
  readonly viewerId: string
  /** Everything up to here has been applied. Null until it is read. */
  cursor: string | null
  account: AccountData | null
  sessions: ReadonlyMap<string, DeviceSession>
  dataExport: DataExport | null
  rooms: ReadonlyMap<string, RoomSummary>
  /** Where the next page of rooms begins; null when all are held. */
  roomsAfter: string | null
  unreadCount: number
  /** Null until somebody asks for them. */
  people: PeopleData | null
  presence: ReadonlyMap<string, 'ONLINE' | 'AWAY' | 'OFFLINE'>
}

/** Data of the account that only the viewer sees. */
export interface AccountData {
  readonly user: User
  readonly email: string | null
  readonly phone: string | null
  readonly hasPassword: boolean
  readonly directMessagePolicy: 'EVERYONE' | 'FRIENDS' | 'SHARED_ROOMS'
  readonly showsReceipts: boolean
  readonly showsPresence: boolean
  readonly showsLastSeen: boolean
  readonly sessionId: string | null
}

/** Friendships by the id of the other, blocked users and invitations by their ids. */
export interface PeopleData {
  readonly ties: ReadonlyMap<string, Friendship>
  readonly blocked: readonly User[]
  readonly invitations: ReadonlyMap<string, RoomInvitation>
}

/** Makes what is held before anything is read. */
export function createViewerData(viewerId: string): ViewerData {
  return {
    ...{ viewerId, cursor: null, account: null, sessions: new Map(), dataExport: null },
    ...{ rooms: new Map(), roomsAfter: null, unreadCount: 0, people: null, presence: new Map() },
  }
}

/** A map with one entry set; without it where the value is undefined. */
export function withEntry<Value>(
  map: ReadonlyMap<string, Value>,
  key: string,
  value: Value | undefined,
): ReadonlyMap<string, Value> {
  const next = new Map(map)
  if (value === undefined) next.delete(key)
  else next.set(key, value)
  return next
}

/** Takes what was read of the viewer. */
export function putSnapshot(data: ViewerData, viewer: NonNullable<ViewerSnapshotQuery['viewer']>): void {
  const { eventCursor, user, email, phone, hasPassword, directMessagePolicy, session, sessions } = viewer
  const { showsReceipts, showsPresence, showsLastSeen } = viewer
  data.cursor = eventCursor
  data.account = {
    ...{ user, email, phone, hasPassword, directMessagePolicy, sessionId: session.id },
    ...{ showsReceipts, showsPresence, showsLastSeen },
  }
  data.sessions = new Map(sessions.map((one) => [one.id, one]))
  data.dataExport = viewer.dataExport
  data.unreadCount = viewer.unreadCount
  data.rooms = new Map()
  putRooms(data, viewer.memberships)
}

/** Adds a page of rooms. It may replace all that are held. */
export function putRooms(
  data: ViewerData,
  page: { nodes: readonly RoomSummary[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } },
  { replaces = false } = {},
): void {
  const rooms = new Map(replaces ? [] : data.rooms)
  for (const node of page.nodes) {
    rooms.set(node.room.id, asReadAs(data.rooms.get(node.room.id), node))
    putMemberPresence(data, node)
  }
  data.rooms = rooms
  data.roomsAfter = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
}

/** Replaces a room of the list, and counts what is unread in it. */
export function putRoom(data: ViewerData, told: RoomSummary): void {
  const known = data.rooms.get(told.room.id)
  const room = asReadAs(known, told)
  // a room that is beyond what is held is counted by the server alone
  if (known || data.roomsAfter === null) data.unreadCount += heardOf(room) - (known ? heardOf(known) : 0)
  data.rooms = withEntry(data.rooms, room.room.id, room)
  putMemberPresence(data, room)
}

/** Returns a room as read as it is known to be: an answer may have been on its way when the viewer read on. */
function asReadAs(known: RoomSummary | undefined, told: RoomSummary): RoomSummary {
  const number = known?.lastReadNumber ?? 0
  return number > (told.lastReadNumber ?? 0) ? asReadTo(told, { number, messageCount: told.room.messageCount }) : told
}

/** Returns what a room adds to the sum of unread messages. */
export const heardOf = ({ notifications, unreadCount }: Pick<RoomSummary, 'notifications' | 'unreadCount'>) =>
  notifications === 'NONE' ? 0 : unreadCount

/** Puts a room where the list shows it, and takes it out where it does not. */
export function putOrHide(data: ViewerData, room: RoomSummary): void {
  if (room.isHidden) removeRoom(data, room.room.id)
  else putRoom(data, room)
}

/** A room of the list, with what its own stream has told of it. */
export function withRoom(
  known: RoomSummary,
  { room, messages, viewerId }: { room: RoomFields; messages: ReadonlyMap<number, StoredMessage>; viewerId: string },
): RoomSummary {
  const newest = messages.get(room.messageCount)
  const { messageCount, lastMessage } = known.room
  if (!newest || newest.number <= messageCount) {
    return { ...known, room: { ...known.room, ...room, messageCount, lastMessage } }
  }
  return {
    ...{ ...known, ...countsWith(known, { from: messageCount + 1, newest, messages, viewerId }) },
    room: { ...known.room, ...room, messageCount: newest.number, lastMessage: newest },
  }
}

/** Returns the unread counts of a listed room after newer messages. */
function countsWith(
  known: RoomSummary,
  { from, newest, messages, viewerId }: Newer,
): Pick<RoomSummary, 'lastReadNumber' | 'unreadFrom' | 'unreadCount' | 'mentionCount'> {
  // who sends has read everything before
  if (newest.author?.id === viewerId) {
    return { lastReadNumber: newest.number, unreadFrom: null, unreadCount: 0, mentionCount: 0 }
  }
  const { lastReadNumber, unreadFrom, mentionCount } = known
  let { unreadCount } = known
  for (let number = Math.max(from, unreadAfter(known) + 1); number <= newest.number; number++) {
    const message = messages.get(number)
    if (!message || isCounted(message, viewerId)) unreadCount += 1
  }
  return { lastReadNumber, unreadFrom, unreadCount, mentionCount: Math.min(mentionCount, unreadCount) }
}

interface Newer {
  /** The first number that the list does not know. */
  readonly from: number
  readonly newest: StoredMessage
  readonly messages: ReadonlyMap<number, StoredMessage>
  readonly viewerId: string
}

/** Takes a room out of the list. */
export function removeRoom(data: ViewerData, roomId: string): void {
  const known = data.rooms.get(roomId)
  data.unreadCount = Math.max(0, data.unreadCount - (known ? heardOf(known) : 0))
  data.rooms = withEntry(data.rooms, roomId, undefined)
}

function putMemberPresence(data: ViewerData, { room }: RoomSummary): void {
  if (room.kind !== 'DIRECT') return
  for (const { user } of room.members.nodes) data.presence = withEntry(data.presence, user.id, user.presence.status)
}

/** The other one of a friendship. */
export function otherOf({ requester, addressee }: Friendship, viewerId: string): User {
  return requester.id === viewerId ? addressee : requester
}

type PeoplePage = NonNullable<FriendsQuery['viewer']>

/** Adds a page of friends, requests, blocks and invitations. */
export function putPeople(data: ViewerData, page: PeoplePage): void {
  const ties = new Map(data.people?.ties)
  const { friends, incoming, outgoing, blockedUsers } = page
  const invitations = new Map(data.people?.invitations)
  for (const invitation of page.invitations.nodes) invitations.set(invitation.id, invitation)
  for (const { friendship, presence, ...friend } of friends.nodes) {
    data.presence = withEntry(data.presence, friend.id, presence.status)
    if (friendship) ties.set(friend.id, friendship)
  }
  for (const tie of [...incoming.nodes, ...outgoing.nodes]) ties.set(otherOf(tie, data.viewerId).id, tie)
  const known = new Set(data.people?.blocked.map(({ id }) => id))
  const blocked = [...(data.people?.blocked ?? []), ...blockedUsers.nodes.filter(({ id }) => !known.has(id))]
  data.people = { ties, blocked, invitations }
}
