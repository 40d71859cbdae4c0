import type { GraphQLResolveInfo } from 'graphql'
import { encodeCursor } from '../feed/cursor.ts'
import type { FeedEvent } from '../feed/events.ts'
import { type Control, type Hint, type HintKind, hintKinds, type StreamItem } from '../feed/streams/stream-item.ts'
import { builder } from './builder.ts'
import { asksOf } from './selection.ts'

/** The GraphQL type of each kind of event. */
const typeNames: Record<StreamItem['kind'], string> = {
  MESSAGE_SENT: 'MessageSent',
  MESSAGE_EDITED: 'MessageEdited',
  MESSAGE_DELETED: 'MessageDeleted',
  MESSAGE_PINNED: 'MessagePinned',
  MESSAGE_UNPINNED: 'MessageUnpinned',
  REACTIONS_CHANGED: 'ReactionsChanged',
  MEMBER_JOINED: 'MemberJoined',
  MEMBER_LEFT: 'MemberLeft',
  MEMBER_REMOVED: 'MemberLeft',
  MEMBER_BANNED: 'MemberLeft',
  MEMBER_DELETED: 'MemberLeft',
  MEMBER_UPDATED: 'MemberUpdated',
  ROOM_UPDATED: 'RoomUpdated',
  ROOM_DELETED: 'RoomDeleted',
  FRIEND_REQUEST_SENT: 'FriendRequestSent',
  FRIEND_REQUEST_RECEIVED: 'FriendRequestReceived',
  FRIEND_REQUEST_ACCEPTED: 'FriendRequestAccepted',
  FRIEND_REMOVED: 'FriendRemoved',
  BLOCKS_CHANGED: 'BlocksChanged',
  ROOM_ADDED: 'RoomAdded',
  ROOM_REMOVED: 'RoomRemoved',
  NOTIFICATIONS_CHANGED: 'NotificationsChanged',
  MENTIONED: 'Mentioned',
  PROFILE_UPDATED: 'ProfileUpdated',
  SESSION_STARTED: 'SessionStarted',
  SESSION_ENDED: 'SessionEnded',
  DATA_EXPORT_ENDED: 'DataExportEnded',
  ROOM_INVITATION_RECEIVED: 'RoomInvitationReceived',
  ROOM_INVITATION_ENDED: 'RoomInvitationEnded',
  SYNCED: 'Synced',
  HIDDEN: 'Hidden',
  RESYNC_REQUIRED: 'ResyncRequired',
  TYPING_CHANGED: 'TypingChanged',
  PRESENCE_CHANGED: 'PresenceChanged',
  RECEIPT_ADVANCED: 'ReceiptAdvanced',
  ROOM_ADVANCED: 'RoomAdvanced',
  USER_UPDATED: 'UserUpdated',
}

const resolveType = (item: StreamItem) => typeNames[item.kind]

/** Creates the interface of the items of one kind of stream. */
const streamItemRef = (name: string, description: string) =>
  builder.interfaceRef<StreamItem>(name).implement({
    description,
    resolveType,
    fields: (t) => ({
      cursor: t.field({
        type: 'EventCursor',
        description: 'The position of this event in the feed: subscribe `after` it to continue from here.',
        resolve: encodeCursor,
      }),
      at: t.field({ type: 'DateTime', description: 'When it happened.', resolve: (item) => item.at }),
    }),
  })

/** An event of a room, or a control message of its stream. */
export const RoomEventRef = streamItemRef('RoomEvent', 'An event of a room, or a control message of its stream.')

/** An event for the viewer, or a control message of the stream. */
export const ViewerEventRef = streamItemRef(
  'ViewerEvent',
  'An event for the viewer, over all rooms, or a control message of the stream.',
)

/** Creates the reference of a type of a durable event. */
export const eventRef = (name: string) => builder.objectRef<FeedEvent>(name)

/** Creates the reference of a type of a hint. */
export const hintRef = (name: string) => builder.objectRef<Hint>(name)

/**
 * Finds the hints that an operation selects: it has a fragment on their type.
 *
 * All others are neither executed nor sent.
 */
export function askedHints(info: GraphQLResolveInfo): ReadonlySet<HintKind> {
  const asked = hintKinds.filter((kind) => asksOf(info, typeNames[kind]))
  return asked.length > 0 ? new Set(asked) : noHints
}

/** No hints at all. */
export const noHints: ReadonlySet<HintKind> = new Set()

builder.objectRef<Control>('Synced').implement({
  description:
    'The stream is live: everything before this was delivered. Sent once after the start and after each lag.',
  interfaces: [RoomEventRef, ViewerEventRef],
})

builder.objectRef<Control>('Hidden').implement({
  description:
    'An event that you may not see: a user whom you have blocked sent or edited a message. It keeps its number in the feed. `Room.messages` contains the message with `isHidden`, and `messageCount` and `replyCount` count it.',
  interfaces: [RoomEventRef, ViewerEventRef],
})

builder.objectRef<Control>('ResyncRequired').implement({
  description:
    'The stream cannot continue from your cursor, which is too old or has seen what the server no longer has, and completes after this. Read the data again, then subscribe `after` its `eventCursor`.',
  interfaces: [RoomEventRef, ViewerEventRef],
  fields: (t) => ({
    reason: t.string({
      description: 'The reason, as a sentence for developers.',
      resolve: (control) => control.reason ?? 'The stream cannot be continued.',
    }),
  }),
})
