// A client's replica: a snapshot of a room or of the viewer, with events applied to it as a normalised cache does.

import { createCache, type Fields, idOf, isFields, nodesOf } from './replica-cache.ts'

/** Effects of an event on the keeper of a replica. */
export type Outcome = 'go on' | 'read again' | 'over'

/** An event as the subscriptions of these tests ask for it. */
export interface EventData {
  __typename: string
  cursor: string
  [field: string]: unknown
}

const text = (value: unknown) => String(value)
const descending = (...pairs: readonly (readonly [unknown, unknown])[]) => {
  for (const [a, b] of pairs) {
    if (a === b) continue
    return (typeof a === 'number' && typeof b === 'number' ? a < b : text(a) < text(b)) ? 1 : -1
  }
  return 0
}

/** The view that two replicas of a room are compared by. */
export interface RoomView {
  room: Fields
  messages: Fields[]
  /** In the order of `Room.members`. */
  members: Fields[]
  /** Ids, in the order of `Room.pinnedMessages`. */
  pinned: string[]
}

/** A viewer's replica of a room. */
export interface RoomReplica {
  readonly cursor: string
  /** Ids of the messages that it was told of when they were sent, or began with. */
  readonly toldIds: ReadonlySet<string>
  apply(event: EventData): Outcome
  view(): RoomView
}

/** Reduces a hidden message to the fact that it exists. */
const shown = (message: Fields): Fields => {
  const { id, number, isHidden } = message
  if (isHidden) return { id, number, isHidden }
  // a sentence of the server has the names of now, of which the room is not told
  return message.kind === 'SYSTEM' ? { ...message, body: null } : message
}

/**
 * Makes a replica of a room from a snapshot.
 *
 * @param viewerId where given, a change of this member's role asks for a new snapshot, because the selection depends on it.
 */
export function createRoomReplica(room: Fields, viewer: { id: string; isPersonal: boolean }): RoomReplica {
  const cache = createCache()
  const roomId = idOf(room)
  const { eventCursor, messages, members, pinnedMessages: _, ...settings } = room
  cache.put(settings)
  const ids = (page: unknown) => nodesOf(page).map((node) => idOf(cache.put(node)))
  const messageIds = new Set(ids(messages))
  const toldIds = new Set(messageIds)
  const memberKeys = new Set(ids(members))
  const memberKey = (user: unknown) => `${roomId} ${idOf(user)}`
  let cursor = text(eventCursor)

  const changes: Record<string, (event: EventData) => Outcome> = {
    MemberJoined({ membership, user }) {
      if (membership) memberKeys.add(memberKey(user))
      return 'go on'
    },
    MemberLeft({ user }) {
      memberKeys.delete(memberKey(user))
      return idOf(user) === viewer.id ? 'over' : 'go on'
    },
    MemberUpdated({ user, membership }) {
      if (!viewer.isPersonal || idOf(user) !== viewer.id || !isFields(membership)) return 'go on'
      return cache.find(memberKey(user))?.role === membership.role ? 'go on' : 'read again'
    },
    MessageSent({ message }) {
      toldIds.add(idOf(message))
      return 'go on'
    },
    RoomDeleted: () => 'over',
  }

  return {
    toldIds,
    get cursor() {
      return cursor
    },
    apply(event) {
      const { __typename, ...payload } = event
      cursor = event.cursor
      const outcome = changes[__typename]?.(event)
      if (isFields(event.message)) messageIds.add(idOf(event.message))
      cache.put(payload)
      return outcome ?? 'go on'
    },
    view() {
      const known = [...messageIds].map(cache.get).sort((a, b) => Number(a.number) - Number(b.number))
      const pinned = known
        .filter((message) => message.pinnedAt !== null)
        .sort((a, b) => descending([a.pinnedAt, b.pinnedAt], [a.number, b.number]))
      return {
        room: cache.get(roomId),
        messages: known.map(shown),
        members: [...memberKeys]
          .map(cache.get)
          .sort((a, b) => -descending([a.joinedAt, b.joinedAt], [idOf(a.user), idOf(b.user)])),
        pinned: pinned.map(idOf),
      }
    },
  }
}

/** The view of a snapshot, with its lists in the order in which they came. */
export function freshView(room: Fields): RoomView {
  const { eventCursor: _, messages, members, pinnedMessages, ...settings } = room
  const cache = createCache()
  const list = (page: unknown) => nodesOf(page).map((node) => cache.get(idOf(cache.put(node))))
  return {
    room: cache.get(idOf(cache.put(settings))),
    messages: list(messages).map(shown),
    members: list(members),
    pinned: nodesOf({ nodes: pinnedMessages }).map(idOf),
  }
}

/**
 * Takes out of what a replica keeps and of a fresh view what a stream does not tell.
 *
 * A message of somebody whom the viewer has blocked comes as a number without an id: it is counted, and may be an answer.
 * It is known from the next snapshot on, or when somebody else does something with it, which does not tell the counts.
 */
export function told(replica: RoomReplica, fresh: RoomView): [RoomView, RoomView] {
  const kept = replica.view()
  const known = new Set(kept.messages.map(idOf))
  const isUntold = (message: Fields) =>
    (message.isHidden === true || message.deletedAt !== null) && !replica.toldIds.has(idOf(message))
  if (!fresh.messages.some(isUntold)) return [kept, fresh]
  const uncounted = (view: RoomView): RoomView => ({
    ...view,
    room: { ...view.room, messageCount: null },
    messages: view.messages
      .filter((message) => message.isHidden !== true || known.has(idOf(message)))
      .map((message) => ({ ...message, replyCount: null })),
  })
  return [uncounted(kept), uncounted(fresh)]
}

/** A viewer's replica of their own data. */
export interface ViewerReplica {
  readonly cursor: string
  apply(event: EventData): void
  view(): ViewerView
}

/** The view that two replicas of a viewer are compared by. */
export interface ViewerView {
  account: Fields
  /** Fields of the account that only the viewer sees. */
  secrets: Fields
  /** Ids of users, in the order of `Viewer.friends`. */
  friends: string[]
  incoming: Fields[]
  outgoing: Fields[]
  /** Ids of users, in the order of `Viewer.blockedUsers`. */
  blocked: string[]
  /** By room. */
  memberships: Fields[]
  /** In the order of `Viewer.invitations`. */
  invitations: Fields[]
  sessions: string[]
}

interface Friendship extends Fields {
  status: string
  requester: { id: string }
}

/** Makes a replica of a viewer from a snapshot. */
export function createViewerReplica(viewer: Fields): ViewerReplica {
  const { eventCursor, friends, incoming, outgoing, blockedUsers, memberships, invitations, sessions, user } = viewer
  const cache = createCache()
  const me = idOf(cache.put(user))
  const secretsOf = ({ email, emailVerifiedAt, phone, phoneVerifiedAt, hasPassword, ...rest }: Fields) => {
    const { directMessagePolicy, showsReceipts, showsPresence, showsLastSeen } = rest
    const privacy = { directMessagePolicy, showsReceipts, showsPresence, showsLastSeen }
    return { email, emailVerifiedAt, phone, phoneVerifiedAt, hasPassword, ...privacy }
  }
  let secrets = secretsOf(viewer)
  const ties = new Map<string, Friendship>()
  const tie = (userId: string, friendship: unknown) => {
    // the queries of these tests ask for these fields
    if (friendship) ties.set(userId, friendship as Friendship)
    else ties.delete(userId)
  }
  for (const friend of nodesOf(friends)) tie(idOf(friend), (friend as Fields).friendship)
  // the queries of these tests ask for these fields
  for (const request of nodesOf(incoming) as Friendship[]) tie(idOf(request.requester), request)
  for (const request of nodesOf(outgoing) as Friendship[]) tie(idOf(request.addressee), request)
  let blocked = nodesOf(blockedUsers).map(idOf)
  const rooms = new Map<string, unknown>()
  const enter = (membership: unknown) => {
    const key = idOf(cache.put(membership))
    rooms.set(idOf(cache.get(key).room), key)
  }
  for (const membership of nodesOf(memberships)) enter(membership)
  const asked = new Map(nodesOf(invitations).map((invitation) => [idOf(invitation), invitation as Fields]))
  const sessionIds = new Set(nodesOf({ nodes: sessions }).map(idOf))
  let cursor = text(eventCursor)

  const changeTie = ({ user, friendship }: EventData) => tie(idOf(user), friendship)
  const changes: Record<string, (event: EventData) => void> = {
    FriendRequestSent: changeTie,
    FriendRequestReceived: changeTie,
    FriendRequestAccepted: changeTie,
    FriendRemoved: changeTie,
    BlocksChanged({ user, isBlocked }) {
      const id = idOf(user)
      blocked = [...(isBlocked ? [id] : []), ...blocked.filter((other) => other !== id)]
    },
    RoomAdded({ membership }) {
      if (membership) enter(membership)
    },
    RoomRemoved({ roomId }) {
      rooms.delete(text(roomId))
    },
    RoomInvitationReceived({ invitation }) {
      if (invitation) asked.set(idOf(invitation), invitation as Fields)
    },
    RoomInvitationEnded({ invitationId }) {
      asked.delete(text(invitationId))
    },
    NotificationsChanged({ membership, roomId }) {
      if (isFields(membership) && membership.isHidden) rooms.delete(text(roomId))
      else if (membership) enter(membership)
    },
    ProfileUpdated(event) {
      cache.put(event.user)
      secrets = secretsOf(event)
    },
    SessionStarted({ sessionId }) {
      sessionIds.add(text(sessionId))
    },
    SessionEnded({ sessionId }) {
      sessionIds.delete(text(sessionId))
    },
  }
  const requests = (isOutgoing: boolean) =>
    [...ties]
      .filter(([, { status, requester }]) => status === 'PENDING' && (requester.id === me) === isOutgoing)
      .sort(([a, { requestedAt: x }], [b, { requestedAt: y }]) => descending([x, y], [a, b]))
      .map(([, friendship]) => friendship)

  return {
    get cursor() {
      return cursor
    },
    apply(event) {
      cursor = event.cursor
      changes[event.__typename]?.(event)
    },
    view: () => ({
      account: cache.get(me),
      secrets,
      friends: [...ties]
        .filter(([, { status }]) => status === 'ACCEPTED')
        .sort(([a, { acceptedAt: x }], [b, { acceptedAt: y }]) => descending([x, y], [a, b]))
        .map(([id]) => id),
      incoming: requests(false),
      outgoing: requests(true),
      blocked,
      memberships: [...rooms.values()]
        .map((key) => cache.get(text(key)))
        .sort((a, b) => descending([idOf(a.room), idOf(b.room)])),
      invitations: [...asked.values()].sort((a, b) => descending([idOf(a), idOf(b)])),
      sessions: [...sessionIds].sort(),
    }),
  }
}
