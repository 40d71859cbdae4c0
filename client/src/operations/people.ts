import type { FriendsQuery, FriendsQueryVariables } from '../generated/operations.ts'
import { define } from './define.ts'
import { friendshipFields, invitationFields, userFields } from './fragments.ts'

/** Reads friends, requests, blocks and invitations into rooms. */
export const friendsQuery = define<FriendsQuery, FriendsQueryVariables>(
  /* GraphQL */ `
  query Friends($first: Int!, $friends: String, $incoming: String, $outgoing: String, $blocked: String, $invitations: String) {
    viewer {
      eventCursor
      friends(first: $first, after: $friends) {
        nodes { ...UserFields presence { status lastSeenAt } friendship { ...FriendshipFields } } pageInfo { hasNextPage endCursor }
      }
      incoming: friendRequests(direction: INCOMING, first: $first, after: $incoming) {
        nodes { ...FriendshipFields } pageInfo { hasNextPage endCursor }
      }
      outgoing: friendRequests(direction: OUTGOING, first: $first, after: $outgoing) {
        nodes { ...FriendshipFields } pageInfo { hasNextPage endCursor }
      }
      blockedUsers(first: $first, after: $blocked) { nodes { ...UserFields } pageInfo { hasNextPage endCursor } }
      invitations(first: $first, after: $invitations) { nodes { ...InvitationFields } pageInfo { hasNextPage endCursor } }
    }
  }`,
  [userFields, friendshipFields, invitationFields],
)
