import type {
  RoomAroundQuery,
  RoomAroundQueryVariables,
  RoomDigestQuery,
  RoomDigestQueryVariables,
  RoomEventsSubscription,
  RoomEventsSubscriptionVariables,
  RoomHeadQuery,
  RoomHeadQueryVariables,
  RoomMembersQuery,
  RoomMembersQueryVariables,
  RoomSnapshotQuery,
  RoomSnapshotQueryVariables,
  RoomTailQuery,
  RoomTailQueryVariables,
  SetTypingMutation,
  SetTypingMutationVariables,
} from '../generated/operations.ts'
import { define } from './define.ts'
import {
  mediaFields,
  memberFields,
  messageFields,
  ownMessageFields,
  roomFields,
  userFields,
  viewerInRoomFields,
} from './fragments.ts'

const ofMessages = [messageFields, userFields, mediaFields]

/** Reads a room, its newest messages, first members and pins, at one cursor. */
export const roomSnapshotQuery = define<RoomSnapshotQuery, RoomSnapshotQueryVariables>(
  /* GraphQL */ `
  query RoomSnapshot($roomId: ID!, $last: Int!, $members: Int!) {
    room(id: $roomId) {
      eventCursor
      ...RoomFields ...ViewerInRoomFields
      messages(last: $last) { nodes { ...OwnMessageFields } }
      members(first: $members) { nodes { ...MemberFields mutedUntil } pageInfo { hasNextPage endCursor } }
      pinnedMessages { ...OwnMessageFields }
    }
  }`,
  [roomFields, viewerInRoomFields, memberFields, ownMessageFields, ...ofMessages],
)

/** Reads what depends on the viewer in a room, and the room itself. */
export const roomHeadQuery = define<RoomHeadQuery, RoomHeadQueryVariables>(
  /* GraphQL */ `
  query RoomHead($roomId: ID!, $ids: [ID!]!) {
    room(id: $roomId) { ...ViewerInRoomFields }
    nodes(ids: $ids) { ... on Message { ...OwnMessageFields } }
  }`,
  [viewerInRoomFields, ownMessageFields, ...ofMessages],
)

/** Reads a page of members. */
export const roomMembersQuery = define<RoomMembersQuery, RoomMembersQueryVariables>(
  /* GraphQL */ `
  query RoomMembers($roomId: ID!, $first: Int!, $after: String) {
    room(id: $roomId) {
      members(first: $first, after: $after) { nodes { ...MemberFields mutedUntil } pageInfo { hasNextPage endCursor } }
    }
  }`,
  [memberFields, userFields],
)

/** Follows a room. */
export const roomEventsSubscription = define<RoomEventsSubscription, RoomEventsSubscriptionVariables>(
  /* GraphQL */ `
  subscription RoomEvents($roomId: ID!, $after: EventCursor) {
    roomEvents(roomId: $roomId, after: $after) {
      __typename cursor at
      ... on MessageSent { message { ...MessageFields room { __typename id messageCount } replyTo { id replyCount } } }
      ... on MessageEdited { message { ...MessageFields } }
      ... on MessageDeleted { message { ...MessageFields } }
      ... on MessagePinned { message { ...MessageFields } }
      ... on MessageUnpinned { message { ...MessageFields } }
      ... on ReactionsChanged { message { ...MessageFields } }
      ... on MemberJoined { user { __typename id } membership { ...MemberFields room { __typename id memberCount } } }
      ... on MemberUpdated { user { __typename id } membership { ...MemberFields room { ...RoomFields } } }
      ... on MemberLeft { why: reason user { __typename id } room { ...RoomFields } }
      ... on RoomUpdated { room { ...RoomFields } }
      ... on RoomDeleted { roomId }
      ... on ResyncRequired { reason }
      ... on TypingChanged { users { __typename id displayName } }
      ... on PresenceChanged { user { __typename id presence { status lastSeenAt } } }
      ... on ReceiptAdvanced { membership { lastReadNumber lastDeliveredNumber user { __typename id } } }
      ... on UserUpdated { user { ...UserFields } }
    }
  }`,
  [messageFields, userFields, mediaFields, memberFields, roomFields],
)

/** Reads the messages around a number. */
export const roomAroundQuery = define<RoomAroundQuery, RoomAroundQueryVariables>(
  /* GraphQL */ `
  query RoomAround($roomId: ID!, $around: Int!, $first: Int!) {
    room(id: $roomId) { messages(around: $around, first: $first) { nodes { ...OwnMessageFields } } }
  }`,
  [ownMessageFields, ...ofMessages],
)

/** Reads the newest messages, and others by their ids. */
export const roomTailQuery = define<RoomTailQuery, RoomTailQueryVariables>(
  /* GraphQL */ `
  query RoomTail($roomId: ID!, $last: Int!, $ids: [ID!]!) {
    room(id: $roomId) { messageCount messages(last: $last) { nodes { ...OwnMessageFields } } }
    nodes(ids: $ids) { ... on Message { ...OwnMessageFields } }
  }`,
  [ownMessageFields, ...ofMessages],
)

/** Asks whether what is held is what the server holds. */
export const roomDigestQuery = define<RoomDigestQuery, RoomDigestQueryVariables>(/* GraphQL */ `
  query RoomDigest($roomId: ID!, $from: Int!, $to: Int!, $parts: [DigestPart!]) {
    room(id: $roomId) { messageCount digest(from: $from, to: $to, parts: $parts) { hash eventCursor } }
  }`)

/** Says whether the viewer types. */
export const setTypingMutation = define<SetTypingMutation, SetTypingMutationVariables>(/* GraphQL */ `
  mutation SetTyping($input: SetTypingInput!) { result: setTyping(input: $input) { expiresAt } }`)
