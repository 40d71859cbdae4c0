// Policies of users, what stands between two of them, and invitations.

import { type Client, guest, makeRoom } from '../support/client.ts'
import { befriend, block } from '../support/friends.ts'

export type Policy = 'EVERYONE' | 'SHARED_ROOMS' | 'FRIENDS'
export interface Invitation {
  id: string
  room: { id: string; name: string }
  user: { id: string }
  invitedBy: { id: string }
}
export interface Added {
  addMembers: { memberships: { user: { id: string } }[]; invitations: Invitation[] }
}

export const fields = '{ id room { id name } user { id } invitedBy { id } }'
export const add = `mutation ($roomId: ID!, $userIds: [ID!]!) {
  addMembers(input: { roomId: $roomId, userIds: $userIds }) { memberships { user { id } } invitations ${fields} }
}`
export const answer = (name: 'acceptInvitation' | 'declineInvitation' | 'withdrawInvitation') =>
  `mutation ($id: ID!) { ${name}(input: { invitationId: $id }) { ${name === 'acceptInvitation' ? 'membership { role } room { id }' : 'invitationId'} } }`
export const openDirect = 'mutation ($userId: ID!) { openDirectRoom(input: { userId: $userId }) { room { id } } }'

export const choose = (client: Client, policy: Policy) =>
  client.call(
    `mutation { updateProfile(input: { directMessagePolicy: ${policy} }) { viewer { directMessagePolicy } } }`,
  )

export async function choosy(server: { url: string }, policy: Policy): Promise<Client> {
  const client = await guest(server)
  await choose(client, policy)
  return client
}

export const addTo = (by: Client, roomId: string, ...users: Client[]) =>
  by.call<Added>(add, { roomId, userIds: users.map(({ userId }) => userId) }).then(({ addMembers: added }) => ({
    added: added.memberships.map(({ user }) => user.id),
    invited: added.invitations.map(({ user }) => user.id),
    ids: added.invitations.map(({ id }) => id),
  }))

export const waitingOf = async (client: Client) =>
  (
    await client.call<{ viewer: { invitations: { nodes: Invitation[] } } }>(
      `{ viewer { invitations(first: 100) { nodes ${fields} } } }`,
    )
  ).viewer.invitations.nodes

export const ties = ['stranger', 'sharesRoom', 'putIn', 'friend', 'blocks', 'blocked'] as const

/** Makes a user with a policy, and something between them and another. */
export async function related(other: Client, policy: Policy, tie: (typeof ties)[number]): Promise<Client> {
  const user = await choosy(other.server, tie === 'putIn' ? 'EVERYONE' : policy)
  if (tie === 'sharesRoom') await makeRoom(user, [other])
  if (tie === 'putIn') {
    await addTo(other, await makeRoom(other), user)
    await choose(user, policy)
  }
  if (tie === 'friend') await befriend(other, user)
  if (tie === 'blocks') await block(user, other)
  if (tie === 'blocked') await block(other, user)
  return user
}

/** The outcome at each door: + lets in, i invites, - refuses. In the order of `ties`. */
export const doors: readonly (readonly [Policy, string, string])[] = [
  // policy, openDirectRoom, addMembers
  ['EVERYONE', '++++--', '++++--'],
  ['SHARED_ROOMS', '-+-+--', 'i+i+--'],
  ['FRIENDS', '---+--', 'iii+--'],
]
