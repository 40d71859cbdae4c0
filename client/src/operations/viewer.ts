import type {
  MembershipsQuery,
  MembershipsQueryVariables,
  ViewerEventsSubscription,
  ViewerEventsSubscriptionVariables,
  ViewerSnapshotQuery,
  ViewerSnapshotQueryVariables,
} from '../generated/operations.ts'
import { define } from './define.ts'
import { friendshipFields, invitationFields, mediaFields, messageFields, roomFields, userFields } from './fragments.ts'

const summaryFields = /* GraphQL */ `
  fragment SummaryFields on Membership {
    __typename role joinedAt lastReadNumber lastDeliveredNumber unreadCount mentionCount unreadFrom mutedUntil notifications
    isHidden pinnedAt mentionedByReplies
    room {
      ...RoomFields title
      lastMessage {
        __typename id number kind action body isHidden createdAt deletedAt
        author { __typename id displayName } actor { __typename id displayName } subject { __typename id displayName }
        attachments { id kind name }
      }
      members(first: 2) { nodes { user { ...UserFields presence { status lastSeenAt } } } }
    }
  }`

const sessionFields = /* GraphQL */ `
  fragment SessionFields on Session { id createdAt lastUsedAt expiresAt endedAt userAgent isCurrent }`

const exportFields = /* GraphQL */ `fragment ExportFields on DataExport { id status requestedAt expiresAt bytes url }`

/** Reads the viewer and the first rooms, with the cursor that they are true for. */
export const viewerSnapshotQuery = define<ViewerSnapshotQuery, ViewerSnapshotQueryVariables>(
  /* GraphQL */ `
  query ViewerSnapshot($first: Int!) {
    viewer {
      eventCursor email phone hasPassword directMessagePolicy showsReceipts showsPresence showsLastSeen unreadCount
      user { ...UserFields }
      session { id }
      sessions { ...SessionFields }
      dataExport { ...ExportFields }
      memberships(first: $first) { nodes { ...SummaryFields } pageInfo { hasNextPage endCursor } }
    }
  }`,
  [userFields, sessionFields, exportFields, summaryFields, roomFields],
)

/** Reads a page of rooms. */
export const membershipsQuery = define<MembershipsQuery, MembershipsQueryVariables>(
  /* GraphQL */ `
  query Memberships($first: Int!, $after: String) {
    viewer {
      unreadCount
      memberships(first: $first, after: $after) { nodes { ...SummaryFields } pageInfo { hasNextPage endCursor } }
    }
  }`,
  [summaryFields, roomFields, userFields],
)

/** Follows the viewer. */
export const viewerEventsSubscription = define<ViewerEventsSubscription, ViewerEventsSubscriptionVariables>(
  /* GraphQL */ `
  subscription ViewerEvents($after: EventCursor) {
    viewerEvents(after: $after) {
      __typename cursor at
      ... on RoomAdded { roomId membership { ...SummaryFields } }
      ... on RoomAdvanced { roomId membership { ...SummaryFields } }
      ... on NotificationsChanged { roomId membership { ...SummaryFields } }
      ... on RoomRemoved { roomId }
      ... on RoomInvitationReceived { invitation { ...InvitationFields } }
      ... on RoomInvitationEnded { invitationId }
      ... on Mentioned { message { ...MessageFields room { __typename id } } }
      ... on FriendRequestReceived { user { ...UserFields } friendship { ...FriendshipFields } }
      ... on FriendRequestSent { user { ...UserFields } friendship { ...FriendshipFields } }
      ... on FriendRequestAccepted { user { ...UserFields } friendship { ...FriendshipFields } }
      ... on FriendRemoved { user { ...UserFields } friendship { ...FriendshipFields } }
      ... on BlocksChanged { isBlocked user { ...UserFields } }
      ... on ProfileUpdated {
        email phone hasPassword directMessagePolicy showsReceipts showsPresence showsLastSeen user { ...UserFields }
      }
      ... on SessionStarted { sessionId session { ...SessionFields } }
      ... on SessionEnded { sessionId }
      ... on DataExportEnded { export { ...ExportFields } }
      ... on ResyncRequired { reason }
      ... on PresenceChanged { user { __typename id presence { status lastSeenAt } } }
      ... on UserUpdated { user { ...UserFields } }
    }
  }`,
  [
    ...[summaryFields, roomFields, userFields, messageFields, mediaFields],
    ...[friendshipFields, invitationFields, sessionFields, exportFields],
  ],
)
