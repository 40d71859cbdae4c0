// Every field of the API, and the rule of `rules.ts` that it goes by. A new field needs a line here.

import { freshName, newUser, password } from '../../support/accounts.ts'
import { type Client, guest, makeRoom } from '../../support/client.ts'
import type { Actor, RuleName } from './rules.ts'
import { roomPassword, secretWord, type World } from './world.ts'

type Variables = Record<string, unknown>

/** A way to ask a field. */
export interface Ask {
  rule: RuleName
  /** The arguments of a query, the input of a mutation. They must be valid for who may. */
  given(world: World, actor: Actor): Variables | Promise<Variables>
}

const ask = (rule: RuleName, given: Ask['given'] = () => ({})): Ask => ({ rule, given })

const room = ({ roomId }: World) => ({ roomId })
/** A message of somebody else. */
const anothers = ({ messages }: World, actor: Actor) => messages[actor === 'member' ? 'owner' : 'member']
/** One's own, for who has one. */
const own = ({ messages }: World, actor: Actor) =>
  actor === 'muted' || actor === 'admin' || actor === 'owner' ? messages[actor] : messages.member
const about = (world: World, actor: Actor) => ({ messageId: anothers(world, actor) })
/** A plain member other than the actor. */
const whom = ({ roomId, cast }: World, actor: Actor) => ({
  roomId,
  userId: cast[actor === 'member' ? 'muted' : 'member'].userId,
})
const reaction = (world: World, actor: Actor) => ({ messageId: anothers(world, actor), emoji: '🎉' })
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()
/** Somebody who has nothing to do with the room. */
const somebody = async ({ cast }: World) => ({ userId: (await guest(cast.owner.server)).userId })

/** A request of a stranger, or to one, that the actor can answer. */
const request =
  (isToActor: boolean) =>
  async ({ cast }: World, actor: Actor) => {
    const other = await guest(cast.owner.server)
    const send = (from: Client, { userId }: Client) =>
      from.call('mutation ($id: ID!) { sendFriendRequest(input: { userId: $id }) { user { id } } }', { id: userId })
    if (actor !== 'nobody') await (isToActor ? send(other, cast[actor]) : send(cast[actor], other))
    return other
  }

const answerable = async (world: World, actor: Actor) => ({ userId: (await request(true)(world, actor)).userId })

const setPolicy = (policy: 'FRIENDS' | 'EVERYONE') =>
  `mutation { updateProfile(input: { directMessagePolicy: ${policy} }) { viewer { email } } }`
const inviting = `mutation ($roomId: ID!, $userIds: [ID!]!) {
  addMembers(input: { roomId: $roomId, userIds: $userIds }) { invitations { id } }
}`

/** Asks somebody who lets nobody add them into a room. */
async function invite(by: Client, user: Client, roomId: string): Promise<{ invitationId: string }> {
  await user.call(setPolicy('FRIENDS'))
  type Invited = { addMembers: { invitations: { id: string }[] } }
  const { addMembers } = await by.call<Invited>(inviting, { roomId, userIds: [user.userId] })
  await user.call(setPolicy('EVERYONE'))
  return { invitationId: addMembers.invitations[0]?.id ?? '' }
}

/** An invitation that the actor can answer, into a room of somebody else. */
const invitation = async ({ cast }: World, actor: Actor) => {
  const [host, somebody] = [await guest(cast.owner.server), await guest(cast.owner.server)]
  return invite(host, actor === 'nobody' ? somebody : cast[actor], await makeRoom(host))
}

/** The queries. */
export const queries: Record<string, readonly Ask[]> = {
  categories: [ask('all')],
  discoverRooms: [ask('all', () => ({ filter: { search: 'room' } }))],
  invite: [ask('invitedPreview', ({ inviteCode }) => ({ code: inviteCode }))],
  node: [
    ask('visibleNode', ({ roomId }) => ({ id: roomId })),
    ask('readersNode', ({ messages }) => ({ id: messages.member })),
    ask('readersNode', ({ mediaId }) => ({ id: mediaId })),
    ask('all', ({ cast }) => ({ id: cast.member.userId })),
  ],
  nodes: [ask('all', ({ roomId, messages }) => ({ ids: [roomId, messages.member] }))],
  operator: [ask('operatorsAlone')],
  regions: [ask('all')],
  room: [ask('visible', ({ roomId }) => ({ id: roomId })), ask('visible', ({ code }) => ({ code }))],
  searchMessages: [
    ask('members', ({ roomId }) => ({ roomId, query: secretWord })),
    ask('signedIn', () => ({ query: secretWord })),
  ],
  server: [ask('all')],
  user: [ask('signedIn', ({ cast }) => ({ username: cast.registered }))],
  users: [ask('signedIn')],
  viewer: [ask('viewer')],
}

/** The subscriptions. Each begins before the first message, so that it has something to say. */
export const subscriptions: Record<string, readonly Ask[]> = {
  messageAdded: [ask('members', ({ roomId, cursor }) => ({ roomId, after: cursor }))],
  roomEvents: [ask('members', ({ roomId, cursor }) => ({ roomId, after: cursor }))],
  viewerEvents: [ask('signedIn')],
}

/** Mutations that are about a room. */
export const roomMutations: Record<string, readonly Ask[]> = {
  addMembers: [ask('adminsUnlessArchived', ({ roomId, cast }) => ({ roomId, userIds: [cast.stranger.userId] }))],
  addReaction: [ask('speakers', reaction)],
  banMember: [ask('admins', whom)],
  createInvite: [ask('adminsUnlessArchived', room)],
  deleteMessage: [ask('readers', (world, actor) => ({ messageId: own(world, actor) })), ask('moderators', about)],
  deleteMyMessages: [ask('erasers', room)],
  deleteRoom: [ask('owner', room)],
  editMessage: [
    ask('speakers', (world, actor) => ({ messageId: own(world, actor), body: 'changed' })),
    ask('authorOnly', (world, actor) => ({ ...about(world, actor), body: 'changed' })),
  ],
  hideRoom: [ask('hiders', room)],
  joinRoom: [
    ask('joiners', room),
    ask('joiners', ({ code }) => ({ code })),
    ask('joinersWithPassword', ({ roomId }) => ({ roomId, password: roomPassword })),
    ask('invited', ({ inviteCode }) => ({ invite: inviteCode })),
  ],
  leaveRoom: [ask('leavers', room)],
  markDelivered: [ask('members', ({ roomId }) => ({ roomId, number: 1 }))],
  markRead: [ask('members', ({ roomId }) => ({ roomId, number: 1 }))],
  markUnread: [ask('members', ({ roomId }) => ({ roomId, number: 1 }))],
  muteMember: [ask('admins', (world, actor) => ({ ...whom(world, actor), until: inAnHour() }))],
  pinMessage: [ask('pinners', about)],
  pinRoom: [ask('members', room)],
  removeMember: [ask('admins', whom)],
  removeReaction: [ask('speakers', reaction)],
  reportMessage: [ask('readers', (world, actor) => ({ ...about(world, actor), reason: 'rude' }))],
  resolveReport: [ask('adminsAlone', ({ reportId }) => ({ reportId }))],
  revokeInvite: [ask('inviters', ({ inviteId }) => ({ inviteId }))],
  saveMessage: [ask('readers', about)],
  sendMessage: [ask('senders', ({ roomId }) => ({ roomId, body: 'hello' }))],
  setMemberRole: [ask('owner', (world, actor) => ({ ...whom(world, actor), role: 'ADMIN' }))],
  setNotifications: [ask('members', ({ roomId }) => ({ roomId, level: 'NONE' }))],
  setTyping: [ask('senders', ({ roomId }) => ({ roomId, isTyping: true }))],
  transferOwnership: [ask('owner', whom)],
  unbanMember: [ask('admins', ({ roomId, cast }) => ({ roomId, userId: cast.banned.userId }))],
  unsaveMessage: [ask('readers', about)],
  unpinMessage: [ask('pinners', about)],
  unpinRoom: [ask('members', room)],
  withdrawInvitation: [ask('inviters', ({ invitationId }) => ({ invitationId }))],
  updateRoom: [ask('admins', ({ roomId }) => ({ roomId, name: 'Another name' }))],
}

/** Mutations that are about the viewer and others, whatever the room. */
export const ownMutations: Record<string, readonly Ask[]> = {
  acceptFriendRequest: [ask('signedIn', answerable)],
  acceptInvitation: [ask('signedIn', invitation)],
  declineInvitation: [ask('signedIn', invitation)],
  blockUser: [ask('signedIn', somebody)],
  cancelFriendRequest: [
    ask('signedIn', async (world, actor) => ({ userId: (await request(false)(world, actor)).userId })),
  ],
  changePassword: [
    ask('signedIn', async ({ cast }, actor) => {
      const query = 'mutation ($input: UpgradeGuestInput!) { upgradeGuest(input: $input) { accessToken } }'
      if (actor !== 'nobody') await cast[actor].call(query, { input: { username: freshName(), password } })
      return { currentPassword: password, newPassword: `${password} 2` }
    }),
  ],
  createRoom: [ask('signedIn', () => ({ name: 'Another room' }))],
  createUpload: [ask('signedIn', () => ({ name: 'a.bin', mimeType: 'application/octet-stream', bytes: 1 }))],
  declineFriendRequest: [ask('signedIn', answerable)],
  deleteAccount: [ask('signedIn')],
  deleteReportedMessage: [ask('operators', ({ reportId }) => ({ reportId }))],
  deleteUserAccount: [ask('operators', somebody)],
  endUserSessions: [ask('operators', somebody)],
  handOverRoom: [ask('operators', ({ roomId, cast }) => ({ roomId, userId: cast.stranger.userId }))],
  resetUserPassword: [ask('operators', somebody)],
  resolveAnyReport: [ask('operators', ({ reportId }) => ({ reportId }))],
  restoreUser: [ask('operators', somebody)],
  rotateSigningKeys: [ask('operators')],
  suspendUser: [ask('operators', somebody)],
  openDirectRoom: [ask('signedIn', somebody)],
  removeFriend: [
    ask('signedIn', async (world, actor) => {
      const { userId } = await request(true)(world, actor)
      const query = 'mutation ($id: ID!) { sendFriendRequest(input: { userId: $id }) { user { id } } }'
      if (actor !== 'nobody') await world.cast[actor].call(query, { id: userId })
      return { userId }
    }),
  ],
  refreshSession: [ask('all', async ({ cast }) => ({ refreshToken: (await newUser(cast.owner.server)).refreshToken }))],
  requestDataExport: [ask('signedIn')],
  register: [ask('all', () => ({ username: freshName(), password }))],
  revokeSession: [
    ask('signedIn', async ({ cast }, actor) => {
      const query = '{ viewer { session { id } } }'
      const client = actor === 'nobody' ? cast.owner : cast[actor]
      const { viewer } = await client.call<{ viewer: { session: { id: string } } }>(query)
      return { sessionId: viewer.session.id }
    }),
  ],
  sendFriendRequest: [ask('signedIn', somebody)],
  setPresence: [ask('signedIn', () => ({ status: 'ONLINE' }))],
  signIn: [
    ask('all', async ({ cast }) => {
      const { viewer } = await newUser(cast.owner.server)
      return { username: viewer.user.username, password }
    }),
  ],
  signInAsGuest: [ask('all', () => ({ displayName: 'Somebody' }))],
  signOut: [ask('signedIn')],
  unblockUser: [ask('signedIn', somebody)],
  updateProfile: [ask('signedIn', () => ({ bio: 'hello' }))],
  upgradeGuest: [ask('signedIn', () => ({ username: freshName(), password }))],
}
