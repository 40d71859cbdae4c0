import type { Client } from './client.ts'

/** A change of friendship. */
type Action =
  | 'sendFriendRequest'
  | 'acceptFriendRequest'
  | 'declineFriendRequest'
  | 'cancelFriendRequest'
  | 'removeFriend'

/** The mutation of a change of friendship. */
export const friendMutation = (action: Action) => `mutation ($userId: ID!) {
  result: ${action}(input: { userId: $userId }) {
    friendship { requester { id } addressee { id } status acceptedAt }
    user { id friendship { status } }
    viewer { friends { nodes { id } } }
  }
}`

interface Result {
  result: {
    friendship: { requester: { id: string }; addressee: { id: string }; status: string } | null
    user: { id: string; friendship: { status: string } | null }
    viewer: { friends: { nodes: { id: string }[] } }
  }
}

/** Changes what is between a user and another, and gives what the payload says. */
export const act = async (client: Client, action: Action, { userId }: { userId: string }) =>
  (await client.call<Result>(friendMutation(action), { userId })).result

/** The same where it must fail: gives the code. */
export const refuse = (client: Client, action: Action, { userId }: { userId: string }) =>
  client.fail(friendMutation(action), { userId })

/** Makes two users friends. */
export async function befriend(ada: Client, bob: Client): Promise<void> {
  await act(ada, 'sendFriendRequest', bob)
  await act(bob, 'acceptFriendRequest', ada)
}

/** Blocks a user. */
export const blockUser = `mutation ($userId: ID!) {
  blockUser(input: { userId: $userId }) { user { id isBlocked friendship { status } } }
}`

/** Takes a block back. */
export const unblockUser = `mutation ($userId: ID!) {
  unblockUser(input: { userId: $userId }) { user { id isBlocked friendship { status } } }
}`

/** Blocks a user, which must succeed. */
export const block = (client: Client, { userId }: { userId: string }) => client.call(blockUser, { userId })

/** Takes a block back, which must succeed. */
export const unblock = (client: Client, { userId }: { userId: string }) => client.call(unblockUser, { userId })
