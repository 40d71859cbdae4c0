// The rules for the events of the viewer: one for every type of ViewerEvent, as in room-events.ts.

import type { Friendship, RoomInvitation, User } from '../api/entities.ts'
import type { Mention } from '../api/lists.ts'
import type { ViewerEventsSubscription } from '../generated/operations.ts'
import { putOrHide, removeRoom, type ViewerData, withEntry } from './viewer-data.ts'

/** An event of the viewer. */
export type ViewerEvent = ViewerEventsSubscription['viewerEvents']

/** Effects of an event of the viewer beyond the viewer's data. */
export interface ViewerConsequence {
  readonly synced?: true
  readonly resync?: string
  /** The viewer is in a room, or out of it. */
  readonly entered?: string
  readonly left?: string
  /** A room of the list was told of. */
  readonly told?: string
  /** The list of rooms was read. */
  readonly listRead?: true
  /** Visibility of messages has changed: all rooms are read again. */
  readonly sightChanged?: true
  readonly peopleChanged?: true
  readonly mention?: Mention
  readonly sessionEnded?: string
}

const nothing: ViewerConsequence = {}

type Rules = {
  readonly [Type in ViewerEvent['__typename']]: (
    data: ViewerData,
    event: Extract<ViewerEvent, { __typename: Type }>,
  ) => ViewerConsequence
}

/** The rule for each type of event. */
export const viewerEventRules: Rules = {
  RoomAdded(data, { membership, roomId }) {
    if (!membership) return nothing // they have left since, which is told next
    putOrHide(data, membership)
    return { entered: roomId }
  },
  RoomInvitationReceived(data, { invitation }) {
    if (!invitation) return nothing // it has ended since, which is told next
    return invite(data, invitation.id, invitation)
  },
  RoomInvitationEnded: (data, { invitationId }) => invite(data, invitationId, undefined),
  RoomRemoved(data, { roomId }) {
    removeRoom(data, roomId)
    return { left: roomId }
  },
  RoomAdvanced: (data, { membership, roomId }) => {
    if (membership) putOrHide(data, membership)
    return { told: roomId }
  },
  NotificationsChanged: (data, { membership, roomId }) => {
    if (membership) putOrHide(data, membership)
    return { told: roomId }
  },
  Mentioned: (_, { message }) => {
    if (!message) return nothing
    const { room, ...mentioning } = message
    return { mention: { roomId: room.id, message: mentioning } }
  },
  FriendRequestReceived: (data, { user, friendship }) => tie(data, user, friendship),
  FriendRequestSent: (data, { user, friendship }) => tie(data, user, friendship),
  FriendRequestAccepted: (data, { user, friendship }) => tie(data, user, friendship),
  FriendRemoved: (data, { user, friendship }) => tie(data, user, friendship),
  BlocksChanged(data, { user, isBlocked }) {
    if (data.people) {
      const others = data.people.blocked.filter(({ id }) => id !== user.id)
      data.people = { ...data.people, blocked: isBlocked ? [user, ...others] : others }
    }
    return { sightChanged: true, peopleChanged: true }
  },
  ProfileUpdated(data, told) {
    const known = data.account
    const { user, email, phone, hasPassword, directMessagePolicy, showsReceipts, showsPresence, showsLastSeen } = told
    data.account = {
      ...{ user, email, phone, hasPassword, directMessagePolicy, sessionId: known?.sessionId ?? null },
      ...{ showsReceipts, showsPresence, showsLastSeen },
    }
    if (!known || !privacyFlags.some((flag) => known[flag] !== told[flag])) return nothing
    data.presence = new Map()
    return { sightChanged: true, peopleChanged: true }
  },
  SessionStarted(data, { session, sessionId }) {
    if (session && !session.endedAt) {
      const isCurrent = sessionId === data.account?.sessionId
      data.sessions = withEntry(data.sessions, sessionId, { ...session, isCurrent })
    }
    return nothing
  },
  SessionEnded(data, { sessionId }) {
    data.sessions = withEntry(data.sessions, sessionId, undefined)
    return { sessionEnded: sessionId }
  },
  DataExportEnded(data, { export: made }) {
    data.dataExport = made
    return nothing
  },
  Synced: () => ({ synced: true }),
  Hidden: () => nothing,
  ResyncRequired: (_, { reason }) => ({ resync: reason }),
  PresenceChanged(data, { user }) {
    data.presence = withEntry(data.presence, user.id, user.presence.status)
    return nothing
  },
  UserUpdated(data, { user }) {
    rename(data, user)
    return nothing
  },
}

/** The privacy settings. They are mutual: a user who hides theirs does not see those of others. */
const privacyFlags = ['showsReceipts', 'showsPresence', 'showsLastSeen'] as const

/** Applies an event, and says what it means beside. A type of a newer server changes nothing but the cursor. */
export function applyViewerEvent(data: ViewerData, event: ViewerEvent): ViewerConsequence {
  const rule = viewerEventRules[event.__typename] as Rules[ViewerEvent['__typename']] | undefined
  // each rule takes the events of its own type alone
  const consequence = rule
    ? (rule as (data: ViewerData, event: ViewerEvent) => ViewerConsequence)(data, event)
    : nothing
  if (event.__typename !== 'ResyncRequired') data.cursor = event.cursor
  return consequence
}

function tie(data: ViewerData, user: User, friendship: Friendship | null): ViewerConsequence {
  if (data.people) data.people = { ...data.people, ties: withEntry(data.people.ties, user.id, friendship ?? undefined) }
  return { peopleChanged: true }
}

function invite(data: ViewerData, id: string, invitation: RoomInvitation | undefined): ViewerConsequence {
  if (data.people) data.people = { ...data.people, invitations: withEntry(data.people.invitations, id, invitation) }
  return { peopleChanged: true }
}

/** Shows somebody as they are now, wherever they are held. */
function rename(data: ViewerData, user: User): void {
  const { id } = user
  for (const [roomId, summary] of data.rooms) {
    const { nodes } = summary.room.members
    if (!nodes.some((member) => member.user.id === id)) continue
    const renamed = nodes.map((member) => (member.user.id === id ? { user: { ...member.user, ...user } } : member))
    data.rooms = withEntry(data.rooms, roomId, { ...summary, room: { ...summary.room, members: { nodes: renamed } } })
  }
  const known = data.people?.ties.get(id)
  if (!data.people || !known) return
  const isRequester = known.requester.id === id
  const renamed = { ...known, ...(isRequester ? { requester: user } : { addressee: user }) }
  data.people = { ...data.people, ties: withEntry(data.people.ties, id, renamed) }
}
