// Operations of the pages of rooms besides the store, with the types of their answers.

import type { RoomFields, User } from 'kabar-client'

/** A room as those see it who are not in it. */
export interface RoomDoor {
  readonly id: string
  readonly code: string
  readonly kind: RoomFields['kind']
  readonly access: RoomFields['access']
  readonly name: string | null
  readonly description: string | null
  readonly archivedAt: string | null
  readonly memberCount: number
  readonly category: { readonly name: string } | null
  readonly region: { readonly name: string } | null
  readonly viewerMembership: { readonly role: string } | null
}

const door = `id code kind access name description archivedAt memberCount
  category { name } region { name } viewerMembership { role }`

/** Looks at a room from outside. */
export const roomDoorQuery = `query RoomDoor($id: ID, $code: String) { room(id: $id, code: $code) { ${door} } }`

/** The answer of roomDoorQuery. */
export interface RoomDoorData {
  readonly room: RoomDoor | null
}

/** Looks at what an invite leads to. */
export const invitePreviewQuery = `query InvitePreview($code: String!) {
  invite(code: $code) { roomId name description memberCount createdBy { displayName } }
}`

/** The answer of invitePreviewQuery. */
export interface InvitePreviewData {
  readonly invite: {
    readonly roomId: string
    readonly name: string
    readonly description: string | null
    readonly memberCount: number
    readonly createdBy: { readonly displayName: string }
  }
}

/** Becomes a member. */
export const joinRoomMutation = `mutation JoinRoom($input: JoinRoomInput!) { joinRoom(input: $input) { room { id code } } }`

/** The answer of joinRoomMutation. */
export interface JoinRoomData {
  readonly joinRoom: { readonly room: { readonly id: string; readonly code: string } }
}

const invitation = (name: string, answer: string) =>
  `mutation Answer($input: InvitationInput!) { ${name}(input: $input) { ${answer} } }`

/** Accepts an invitation into a room. */
export const acceptInvitationMutation = invitation('acceptInvitation', 'room { id }')

/** Declines an invitation into a room. */
export const declineInvitationMutation = invitation('declineInvitation', 'invitationId')

/** Makes a room. */
export const createRoomMutation = `mutation CreateRoom($input: CreateRoomInput!) {
  createRoom(input: $input) { room { id code } }
}`

/** The answer of createRoomMutation. */
export interface CreateRoomData {
  readonly createRoom: { readonly room: { readonly id: string; readonly code: string } }
}

/** Gives the room of the viewer and another user. */
export const openDirectRoomMutation = `mutation OpenDirectRoom($input: OpenDirectRoomInput!) {
  openDirectRoom(input: $input) { room { id code } }
}`

/** The answer of openDirectRoomMutation. */
export interface OpenDirectRoomData {
  readonly openDirectRoom: { readonly room: { readonly id: string; readonly code: string } }
}

/** The categories and regions of rooms. A region has at most three levels. */
export const catalogQuery = `query Catalog {
  categories { id name }
  regions { id name children { id name children { id name } } }
}`

/** A region with those inside it. */
export interface Region {
  readonly id: string
  readonly name: string
  readonly children?: readonly Region[]
}

/** The answer of catalogQuery. */
export interface CatalogData {
  readonly categories: readonly { readonly id: string; readonly name: string }[]
  readonly regions: readonly Region[]
}

/** Finds rooms. */
export const discoverQuery = `query Discover($filter: DiscoverRoomsFilter, $orderBy: RoomOrder, $after: String) {
  discoverRooms(filter: $filter, orderBy: $orderBy, first: 24, after: $after) {
    nodes { ${door} } pageInfo { hasNextPage endCursor }
  }
}`

/** The answer of discoverQuery. */
export interface DiscoverData {
  readonly discoverRooms: {
    readonly nodes: readonly RoomDoor[]
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  }
}

/** Leaves a room. */
export const leaveRoomMutation = `mutation LeaveRoom($input: LeaveRoomInput!) { leaveRoom(input: $input) { roomId } }`

/** Deletes a room for ever. */
export const deleteRoomMutation = `mutation DeleteRoom($input: DeleteRoomInput!) { deleteRoom(input: $input) { roomId } }`

/** Changes the settings of a room. */
export const updateRoomMutation = `mutation UpdateRoom($input: UpdateRoomInput!) { updateRoom(input: $input) { room { id } } }`

/** Adds members. */
export const addMembersMutation = `mutation AddMembers($input: AddMembersInput!) {
  addMembers(input: $input) { invitations { user { displayName } } }
}`

/** The answer of addMembersMutation. */
export interface AddMembersData {
  readonly addMembers: { readonly invitations: readonly { readonly user: { readonly displayName: string } }[] }
}

/** Takes a member out. */
export const removeMemberMutation = `mutation RemoveMember($input: RemoveMemberInput!) {
  removeMember(input: $input) { room { id } }
}`

/** Makes a member an admin, or an admin a member. */
export const setMemberRoleMutation = `mutation SetMemberRole($input: SetMemberRoleInput!) {
  setMemberRole(input: $input) { room { id } }
}`

/** Hands the room over. */
export const transferOwnershipMutation = `mutation TransferOwnership($input: TransferOwnershipInput!) {
  transferOwnership(input: $input) { room { id } }
}`

/** Bans a user. */
export const banMemberMutation = `mutation BanMember($input: BanMemberInput!) { banMember(input: $input) { room { id } } }`

/** Lifts a ban. */
export const unbanMemberMutation = `mutation UnbanMember($input: UnbanMemberInput!) { unbanMember(input: $input) { room { id } } }`

/** Mutes a member for a while. */
export const muteMemberMutation = `mutation MuteMember($input: MuteMemberInput!) { muteMember(input: $input) { room { id } } }`

/** Makes an invite. */
export const createInviteMutation = `mutation CreateInvite($input: CreateInviteInput!) {
  createInvite(input: $input) { invite { id code } }
}`

/** The answer of createInviteMutation. */
export interface CreateInviteData {
  readonly createInvite: { readonly invite: { readonly id: string; readonly code: string } }
}

/** Ends an invite. */
export const revokeInviteMutation = `mutation RevokeInvite($input: RevokeInviteInput!) {
  revokeInvite(input: $input) { invite { id } }
}`

const person = 'id displayName username avatar { url thumbnailUrl }'

/** Reads what only those see who moderate a room. */
export const moderationQuery = `query Moderation($id: ID!) {
  room(id: $id) {
    invites(first: 50) { nodes { id code createdAt expiresAt uses usesMax revokedAt createdBy { displayName } } }
    bans(first: 50) { nodes { createdAt expiresAt reason user { ${person} } bannedBy { displayName } } }
    reports(first: 50, isResolved: false) {
      nodes { id reason createdAt reporter { ${person} } message { id number body author { ${person} } } }
    }
  }
}`

/** A person of a list. */
export type Person = Pick<User, 'id' | 'displayName' | 'username'> & {
  readonly avatar: { readonly url: string; readonly thumbnailUrl: string | null } | null
}

/** The answer of moderationQuery. */
export interface ModerationData {
  readonly room: {
    readonly invites: { readonly nodes: readonly Invite[] }
    readonly bans: { readonly nodes: readonly Ban[] }
    readonly reports: { readonly nodes: readonly Report[] }
  } | null
}

/** A code that lets somebody in. */
export interface Invite {
  readonly id: string
  readonly code: string
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly uses: number
  readonly usesMax: number | null
  readonly revokedAt: string | null
  readonly createdBy: { readonly displayName: string }
}

/** That somebody may not be in a room. */
export interface Ban {
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly reason: string | null
  readonly user: Person
  readonly bannedBy: { readonly displayName: string } | null
}

/** A user's report of a message. */
export interface Report {
  readonly id: string
  readonly reason: string
  readonly createdAt: string
  readonly reporter: Person
  readonly message: {
    readonly id: string
    readonly number: number
    readonly body: string
    readonly author: Person | null
  }
}

/** Marks a report as dealt with. */
export const resolveReportMutation = `mutation ResolveReport($input: ResolveReportInput!) {
  resolveReport(input: $input) { report { id } }
}`

/** Reads who came and went. */
export const visitsQuery = `query Visits($id: ID!, $after: String) {
  room(id: $id) {
    visits(first: 50, after: $after) { nodes { enteredAt leftAt user { ${person} } } pageInfo { hasNextPage endCursor } }
  }
}`

/** The answer of visitsQuery. */
export interface VisitsData {
  readonly room: {
    readonly visits: {
      readonly nodes: readonly { readonly enteredAt: string; readonly leftAt: string | null; readonly user: Person }[]
    }
  } | null
}
