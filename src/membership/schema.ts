import { ViewerRef } from '../auth/schema.ts'
import type { Loaded } from '../concurrency/loader.ts'
import { limits } from '../config/config.ts'
import type { Member } from '../generated/prisma/client.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { load, prime } from '../graphql/loaders.ts'
import { pagedField } from '../graphql/paged-field.ts'
import { formatId, formatPairId, parseIds } from '../input/ids.ts'
import { RoomKindRef, RoomRef, rememberRoom, roomOf } from '../rooms/schema.ts'
import { readRooms } from '../rooms/service.ts'
import { UserRef, userOf } from '../users/schema.ts'
import { type Added, addMembers } from './adding/service.ts'
import { joinRoom } from './joining/service.ts'
import { leaveRoom, removeMember } from './leaving/service.ts'
import { type MemberKey, type MembershipRow, memberKey, membersByKeys, ownersByRoomIds } from './queries.ts'
import { listMembers, listMemberships } from './service.ts'

/** Loads a user's membership of a room; null when there is none. */
export function memberOf(context: Context, key: MemberKey): Loaded<Member | null> {
  return load(context, membersByKeys, memberKey(key))
}

/** Resolves the room of a row. */
export const toRoom = ({ roomId }: { roomId: string }, _: unknown, context: Context) => roomOf(context, roomId)

/** Resolves the user of a row. */
export const toUser = ({ userId }: { userId: string }, _: unknown, context: Context) => userOf(context, userId)

/** The roles of members, highest first. */
export const MemberRoleRef = builder.enumType('MemberRole', {
  description: 'The role of a member in a room.',
  values: {
    OWNER: { description: 'May do everything. A GROUP room has one owner, a DIRECT room none.' },
    ADMIN: { description: 'May add and remove members, and moderate.' },
    MEMBER: { description: 'May read and send.' },
  } as const,
})

/** A membership: one user in one room. */
export const MembershipRef = builder.objectRef<Member>('Membership').implement({
  description: 'A membership: one user in one room.',
  fields: (t) => ({
    id: t.id({
      description: 'A stable id for caches, `member_…`. `node` does not take it.',
      resolve: ({ roomId, userId }) => formatPairId('Membership', roomId, userId),
    }),
    room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
    user: t.field({ type: UserRef, description: 'The user.', resolve: toUser }),
    role: t.expose('role', { type: MemberRoleRef, description: 'The role of the member.' }),
    joinedAt: t.expose('joinedAt', { type: 'DateTime', description: 'When the user became a member.' }),
  }),
})

/** Defines a payload with the membership that a mutation changed. */
export const memberPayload = (name: string, description: string) =>
  builder.objectRef<Member>(name).implement({
    description,
    fields: (t) => ({
      membership: t.field({
        type: MembershipRef,
        description: 'The member as it is now.',
        resolve(member, _, context) {
          // `room.viewerMembership` is the same member
          prime(context, membersByKeys, memberKey(member), member)
          return member
        },
      }),
      room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
    }),
  })

const MembershipConnection = builder.connectionObject(
  { type: MembershipRef, name: 'MembershipConnection', description: 'A page of memberships.' },
  { name: 'MembershipEdge', description: 'A membership and its cursor.' },
)

builder.objectFields(RoomRef, (t) => ({
  owner: t.field({
    type: UserRef,
    nullable: true,
    description:
      'The owner, even with a block between them and the viewer. Null in a DIRECT room, and in a room that all members had left, until its maker comes back or the operator appoints one.',
    resolve: async (room, _, context) => {
      const owner = await load(context, ownersByRoomIds, room.id)
      return owner && userOf(context, owner.userId)
    },
  }),
  viewerMembership: t.field({
    type: MembershipRef,
    nullable: true,
    description: 'The membership of the viewer. Null when the viewer is not a member.',
    resolve: (room, _, context) => {
      const { viewer } = context
      return viewer && memberOf(context, { roomId: room.id, userId: viewer.userId })
    },
  }),
  members: t.field(
    pagedField({
      type: MembershipConnection,
      description: 'Its members, in the order in which they joined. Visible to members only.',
      codes: ['FORBIDDEN'],
      args: {
        role: t.arg({ type: MemberRoleRef, description: 'Only members of this role; all when omitted.' }),
      },
      read: (room, { role, ...page }, context) =>
        listMembers(context, { ...page, roomId: room.id, role: role ?? null }),
      edgeOf: (member) => ({ keys: [member.joinedAt.toISOString(), member.userId], node: member }),
    }),
  ),
}))

builder.objectFields(ViewerRef, (t) => ({
  memberships: t.field(
    pagedField({
      type: MembershipConnection,
      description:
        'The memberships of the viewer: pinned rooms first, then the others, each most recently active first. Without direct rooms that the viewer has hidden, or that another user opened and has not written to.',
      args: {
        kind: t.arg({ type: RoomKindRef, description: 'Only rooms of this kind; both when omitted.' }),
      },
      read: async (_, { kind, take, keyset }, context) => {
        const rows = await listMemberships(context, { kind: kind ?? null, take, keyset })
        await rememberMemberships(context, rows)
        return rows
      },
      edgeOf: ({ listedAt, member }) => ({ keys: [listedAt.toISOString(), member.roomId], node: member }),
    }),
  ),
}))

/** Reads the rooms of memberships in one statement, so that access checks of their fields need no further read. */
async function rememberMemberships(context: Context, rows: readonly MembershipRow[]): Promise<void> {
  const views = await readRooms(
    context,
    rows.map((row) => row.member.roomId),
  )
  const topics = new Map(rows.map((row) => [row.member.roomId, row.topic]))
  for (const { room, facts } of views) {
    // the topic from the snapshot of the membership, so that the unread count is consistent
    rememberRoom(context, { room, facts: { ...facts, topic: topics.get(room.id) ?? facts.topic } })
  }
  for (const { member } of rows) prime(context, membersByKeys, memberKey(member), member)
}

const JoinRoomInput = builder.inputType('JoinRoomInput', {
  description:
    'The room to join, with a password or an invite where needed. An invite needs neither `roomId` nor `code`.',
  fields: (t) => ({
    roomId: t.id({ description: 'The id of the room. Give this or `code`.' }),
    code: t.string({ description: 'The code of the room, in upper or lower case. Give this or `roomId`.' }),
    password: t.string({ description: 'The password of the room. Required when its access is PASSWORD.' }),
    invite: t.string({ description: 'The code of an invite. It admits to rooms of any access.' }),
  }),
})

const LeaveRoomInput = builder.inputType('LeaveRoomInput', {
  description: 'A room to leave.',
  fields: (t) => ({ roomId: t.id({ required: true, description: 'The room.' }) }),
})

const LeaveRoomPayload = builder.objectRef<MemberKey>('LeaveRoomPayload').implement({
  description: 'The result of leaveRoom.',
  fields: (t) => ({
    roomId: t.id({
      description: 'The room, which the viewer may no longer see.',
      resolve: ({ roomId }) => formatId('Room', roomId),
    }),
  }),
})

const AddMembersInput = builder.inputType('AddMembersInput', {
  description: 'Adds users to a room.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    userIds: t.idList({ required: true, description: `The users: 1 to ${limits.membersAddedMax}.` }),
  }),
})

/** The result of adding users. The field `invitations` is defined in invitations/schema.ts. */
export const AddMembersPayload = builder.objectRef<Added & { roomId: string }>('AddMembersPayload').implement({
  description: 'The result of addMembers.',
  fields: (t) => ({
    memberships: t.expose('members', {
      type: [MembershipRef],
      description:
        'The users who are members now, including those who were members before, in the order given, without duplicates.',
    }),
    room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
  }),
})

const RemoveMemberInput = builder.inputType('RemoveMemberInput', {
  description: 'Removes a member from a room.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    userId: t.id({ required: true, description: 'The member.' }),
  }),
})

const RemoveMemberPayload = builder.objectRef<MemberKey>('RemoveMemberPayload').implement({
  description: 'The result of removeMember.',
  fields: (t) => ({
    room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
    user: t.field({ type: UserRef, description: 'The user, who is no longer a member.', resolve: toUser }),
  }),
})

builder.mutationFields((t) => ({
  joinRoom: t.field({
    type: memberPayload('JoinRoomPayload', 'The result of joinRoom.'),
    description:
      'Makes the viewer a member of a room. An existing membership stays as it is. The one who made a room that all members have left may come back, also to an INVITE room, and owns it; others who come before are plain members. A DIRECT room takes the first who joins by its code when it waits for its second member.',
    codes: [
      'NOT_FOUND',
      'FORBIDDEN for other DIRECT rooms',
      'CONFLICT when the two have a direct room already',
      'WRONG_ROOM_PASSWORD',
      'RATE_LIMITED',
      'INVITE_INVALID',
      'BANNED',
      'ROOM_ARCHIVED',
      'ROOM_FULL',
      'BAD_USER_INPUT',
    ],
    args: {
      input: t.arg({ type: JoinRoomInput, required: true, description: 'The room, and a password or an invite.' }),
    },
    resolve: (_, { input }, context) => joinRoom(context, parseIds(input, { roomId: 'Room' })),
  }),
  leaveRoom: t.field({
    type: LeaveRoomPayload,
    description:
      'Makes the viewer leave a room. When the owner leaves, the oldest admin, or else the oldest member, becomes the owner. When the last member leaves, an INVITE room is archived.',
    codes: [
      'NOT_FOUND',
      'FORBIDDEN when the viewer is not a member, and for a DIRECT room that the other member is in: hide it with `hideRoom`',
    ],
    args: { input: t.arg({ type: LeaveRoomInput, required: true, description: 'The room.' }) },
    resolve: (_, { input }, context) => leaveRoom(context, parseIds(input, { roomId: 'Room' })),
  }),
  addMembers: t.field({
    type: AddMembersPayload,
    description:
      'Adds users to a room, all or none. Requires ADMIN or OWNER. A user whose `directMessagePolicy` does not let the viewer add them, or who left the room after the viewer had added them, is invited instead.',
    codes: [
      'NOT_FOUND',
      'FORBIDDEN',
      'ROOM_ARCHIVED',
      'ROOM_FULL',
      'RATE_LIMITED',
      'CONFLICT when too many invitations are pending',
      'BAD_USER_INPUT that names the users who are unknown, deleted, banned or blocked, or have declined',
    ],
    args: { input: t.arg({ type: AddMembersInput, required: true, description: 'The room and the users.' }) },
    resolve: async (_, { input }, context) => {
      const asked = parseIds(input, { roomId: 'Room', userIds: 'User' })
      return { roomId: asked.roomId, ...(await addMembers(context, asked)) }
    },
  }),
  removeMember: t.field({
    type: RemoveMemberPayload,
    description: 'Removes a member from a room. Requires a higher role than that of the member.',
    codes: ['NOT_FOUND, also when the user is not a member', 'FORBIDDEN'],
    args: { input: t.arg({ type: RemoveMemberInput, required: true, description: 'The room and the member.' }) },
    resolve: (_, { input }, context) => removeMember(context, parseIds(input, { roomId: 'Room', userId: 'User' })),
  }),
}))
