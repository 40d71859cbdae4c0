// Operations on people besides the store, with the types of their answers.

import type { Person } from '../rooms/operations.ts'

/** Finds registered users. */
export const usersQuery = `query Users($search: String, $after: String) {
  users(search: $search, first: 30, after: $after) {
    nodes { id displayName username avatar { url thumbnailUrl } presence { status lastSeenAt } }
    pageInfo { hasNextPage endCursor }
  }
}`

/** Tells whether somebody is here. */
export interface PresenceData {
  readonly status: 'ONLINE' | 'AWAY' | 'OFFLINE'
  readonly lastSeenAt: string | null
}

/** The answer of usersQuery. */
export interface UsersData {
  readonly users: { readonly nodes: readonly (Person & { readonly presence: PresenceData })[] }
}

/** Reads a profile. */
export const profileQuery = `query Profile($id: ID!) {
  node(id: $id) {
    ... on User {
      id displayName username bio isGuest isBlocked createdAt avatar { url thumbnailUrl }
      presence { status lastSeenAt }
      friendship { status requester { id } }
    }
  }
}`

/** The answer of profileQuery. */
export interface ProfileData {
  readonly node:
    | (Person & {
        readonly bio: string | null
        readonly isGuest: boolean
        readonly isBlocked: boolean
        readonly createdAt: string
        readonly presence: PresenceData
        readonly friendship: {
          readonly status: 'PENDING' | 'ACCEPTED'
          readonly requester: { readonly id: string }
        } | null
      })
    | null
}

const friendship = (name: string) => `mutation Friend($input: FriendInput!) { ${name}(input: $input) { user { id } } }`

/** Everything that changes a friendship. */
export const friendMutations = {
  send: friendship('sendFriendRequest'),
  accept: friendship('acceptFriendRequest'),
  decline: friendship('declineFriendRequest'),
  cancel: friendship('cancelFriendRequest'),
  remove: friendship('removeFriend'),
} as const

/** Hides two from each other. */
export const blockUserMutation = `mutation Block($input: BlockInput!) { blockUser(input: $input) { user { id } } }`

/** Takes a block back. */
export const unblockUserMutation = `mutation Unblock($input: BlockInput!) { unblockUser(input: $input) { user { id } } }`
