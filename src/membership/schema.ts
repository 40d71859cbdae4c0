import { ViewerRef } from '../auth/schema.ts'
import type { Loaded } from '../concurrency/loader.ts'
import { limits } from '../config/config.ts'
import type { Member } from '../generated/prisma/client.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { load, prime } from '../graphql/loaders.ts'
import { forwardArgs, parsePage, readPage, toPage } from '../graphql/pages.ts'
import { formatId, parseId } from '../input/ids.ts'
import { RoomKindRef, RoomRef, rememberRoom, roomOf } from '../rooms/schema.ts'
import { readRooms } from '../rooms/service.ts'
import { UserRef, userOf } from '../users/schema.ts'
import { joinRoom } from './joining/service.ts'
import { type MemberKey, type MembershipRow, memberKey, membersByKeys, ownersByRoomIds } from './queries.ts'
import {
  type Added,
  addMembers,
  countUnread,
  leaveRoom,
  listMembers,
  listMemberships,
  removeMember,
} from './service.ts'

/** Loads a user's membership of a room; null when there is none. */
export function memberOf(context: Context, key: MemberKey): Loaded<Member | null> {
  return load(context, membersByKeys, memberKey(key))
}

/** Loads the room of a row. */
export const toRoom = ({ roomId }: { roomId: string }, _: unknown, context: Context) => roomOf(context, roomId)

/** Loads the user of a row. */
export const toUser = ({ userId }: { userId: string }, _: unknown, context: Context) => userOf(context, userId)

/** What a member may do in a room. */
export const MemberRoleRef = builder.enumType('MemberRole', {
  description: 'What a member may do in a room.',
  values: {
    OWNER: { description: 'Everything. A GROUP room has one owner, a DIRECT room none.' },
    ADMIN: { description: 'Adds and removes members, and moderates.' },
    MEMBER: { description: 'Reads and sends.' },
  } as const,
})

/** One user in one room. */
export const MembershipRef = builder.objectRef<Member>('Membership').implement({
  description: 'One user in one room.',
  fields: (t) => ({
    room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
    user: t.field({ type: UserRef, description: 'The user.', resolve: toUser }),
    role: t.expose('role', { type: MemberRoleRef, description: 'What the member may do.' }),
    joinedAt: t.expose('joinedAt', { type: 'DateTime', description: 'When the user became a member.' }),
  }),
})

/** A payload with the membership that a mutation changed. */
export const memberPayload = (name: string, description: string) =>
  builder.objectRef<Member>(name).implement({
    description,
    fields: (t) => ({
      membership: t.field({
        type: MembershipRef,
        description: 'The member as it is now.',
        resolve: (member) => member,
      }),
      room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
    }),
  })

const MembershipConnection = builder.connectionObject(
  { type: MembershipRef, name: 'MembershipConnection', description: 'A page of memberships.' },
  { name: 'MembershipEdge', description: 'A membership and its place on the page.' },
)

builder.objectFields(RoomRef, (t) => ({
  owner: t.field({
    type: UserRef,
    nullable: true,
    description:
      'Who owns it, also where one of the two has blocked the other. Null in a DIRECT room, and in one that everybody has left.',
    resolve: async (room, _, context) => {
      const owner = await load(context, ownersByRoomIds, room.id)
      return owner && userOf(context, owner.userId)
    },
  }),
  viewerMembership: t.field({
    type: MembershipRef,
    nullable: true,
    description: 'The viewer as a member. Null when the viewer is not one.',
    resolve: (room, _, context) => {
      const { viewer } = context
      return viewer && memberOf(context, { roomId: room.id, userId: viewer.userId })
    },
  }),
  members: t.field({
    type: MembershipConnection,
    description:
      'Its members, in the order in which they joined. Only members see them. Errors: FORBIDDEN, BAD_USER_INPUT.',
    args: {
      role: t.arg({ type: MemberRoleRef, description: 'Only members of this role; all when not given.' }),
      ...forwardArgs(),
    },
    resolve: (room, { role, ...args }, context) =>
      readPage(args, {
        read: (page) => listMembers(context, { ...page, roomId: room.id, role: role ?? null }),
        keysOf: (member) => [member.joinedAt.toISOString(), member.userId],
      }),
  }),
}))

builder.objectFields(ViewerRef, (t) => ({
  memberships: t.field({
    type: MembershipConnection,
    description: 'The rooms of the viewer, the most recently active first. Errors: BAD_USER_INPUT.',
    args: {
      kind: t.arg({ type: RoomKindRef, description: 'Only rooms of this kind; both when not given.' }),
      ...forwardArgs(),
    },
    resolve: async (_, { kind, first, after }, context) => {
      const page = parsePage({ first, after })
      const rows = await listMemberships(context, { kind: kind ?? null, take: page.take + 1, keyset: page.keyset })
      await rememberMemberships(context, rows)
      return toPage(page, rows, {
        keysOf: (row) => [row.activeAt.toISOString(), row.member.roomId],
        nodeOf: (row) => row.member,
      })
    },
  }),
  unreadCount: t.int({
    description: 'How many messages the viewer has not read, over all rooms.',
    resolve: (_, __, context) => countUnread(context),
  }),
}))

/** Reads the rooms of memberships in one statement, so that whatever is asked of each needs no more for its access. */
async function rememberMemberships(context: Context, rows: readonly MembershipRow[]): Promise<void> {
  const views = await readRooms(
    context,
    rows.map((row) => row.member.roomId),
  )
  const topics = new Map(rows.map((row) => [row.member.roomId, row.topic]))
  for (const { room, facts } of views) {
    // the topic as it was when the membership was read, so that the unread count is of one snapshot
    rememberRoom(context, { room, facts: { ...facts, topic: topics.get(room.id) ?? facts.topic } })
  }
  for (const { member } of rows) prime(context, membersByKeys, memberKey(member), member)
}

const JoinRoomInput = builder.inputType('JoinRoomInput', {
  description: 'Which room to join, and what opens it. An invite needs neither `roomId` nor `code`.',
  fields: (t) => ({
    roomId: t.id({ description: 'The id of the room: this or `code`.' }),
    code: t.string({ description: 'The code of the room, in upper or lower case: this or `roomId`.' }),
    password: t.string({ description: 'Needed where access is PASSWORD.' }),
    invite: t.string({ description: 'The code of an invite. It opens rooms of any access.' }),
  }),
})

const LeaveRoomInput = builder.inputType('LeaveRoomInput', {
  description: 'Which room to leave.',
  fields: (t) => ({ roomId: t.id({ required: true, description: 'The room.' }) }),
})

const LeaveRoomPayload = builder.objectRef<MemberKey>('LeaveRoomPayload').implement({
  description: 'The result of leaveRoom.',
  fields: (t) => ({
    roomId: t.id({
      description: 'The room, which the viewer may not see any more.',
      resolve: ({ roomId }) => formatId('Room', roomId),
    }),
  }),
})

const AddMembersInput = builder.inputType('AddMembersInput', {
  description: 'Whom to add to which room.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    userIds: t.idList({ required: true, description: `The users: 1 to ${limits.membersAddedMax}.` }),
  }),
})

/** What came of adding users; who was invited is told in invitations-schema.ts. */
export const AddMembersPayload = builder.objectRef<Added & { roomId: string }>('AddMembersPayload').implement({
  description: 'The result of addMembers.',
  fields: (t) => ({
    memberships: t.expose('members', {
      type: [MembershipRef],
      description:
        'Those of the users who are members now, in the order given, each once; those who were members before too.',
    }),
    room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
  }),
})

const RemoveMemberInput = builder.inputType('RemoveMemberInput', {
  description: 'Whom to remove from which room.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    userId: t.id({ required: true, description: 'The member.' }),
  }),
})

const RemoveMemberPayload = builder.objectRef<MemberKey>('RemoveMemberPayload').implement({
  description: 'The result of removeMember.',
  fields: (t) => ({
    room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
    user: t.field({ type: UserRef, description: 'Who is no longer a member.', resolve: toUser }),
  }),
})

builder.mutationFields((t) => ({
  joinRoom: t.field({
    type: memberPayload('JoinRoomPayload', 'The result of joinRoom.'),
    description:
      'Makes the viewer a member of a room; who is one already stays as they are. Errors: NOT_FOUND, FORBIDDEN for a DIRECT room, WRONG_ROOM_PASSWORD, RATE_LIMITED, INVITE_INVALID, BANNED, ROOM_ARCHIVED, ROOM_FULL, BAD_USER_INPUT.',
    args: { input: t.arg({ type: JoinRoomInput, required: true, description: 'The room and what opens it.' }) },
    resolve: (_, { input }, context) => {
      const { roomId, ...keys } = input
      return joinRoom(context, { ...keys, roomId: roomId ? parseId('Room', roomId, 'roomId') : null })
    },
  }),
  leaveRoom: t.field({
    type: LeaveRoomPayload,
    description:
      'Takes the viewer out of a room. An owner hands over to the oldest admin, or else the oldest member. Errors: NOT_FOUND; FORBIDDEN for a DIRECT room and for who is not a member.',
    args: { input: t.arg({ type: LeaveRoomInput, required: true, description: 'The room.' }) },
    resolve: (_, { input }, context) => leaveRoom(context, { roomId: parseId('Room', input.roomId, 'roomId') }),
  }),
  addMembers: t.field({
    type: AddMembersPayload,
    description:
      'Adds users to a room, all or none; for its owner and admins. Who does not let the viewer add them, by `directMessagePolicy`, or has left the room after the viewer had added them, is invited instead. Errors: NOT_FOUND, FORBIDDEN, ROOM_ARCHIVED, ROOM_FULL, RATE_LIMITED; CONFLICT where too many invitations wait; BAD_USER_INPUT that names who is unknown, deleted, banned or blocked, or has declined.',
    args: { input: t.arg({ type: AddMembersInput, required: true, description: 'The room and the users.' }) },
    resolve: async (_, { input }, context) => {
      const roomId = parseId('Room', input.roomId, 'roomId')
      const userIds = input.userIds.map((id, index) => parseId('User', id, `userIds.${index}`))
      return { roomId, ...(await addMembers(context, { roomId, userIds })) }
    },
  }),
  removeMember: t.field({
    type: RemoveMemberPayload,
    description:
      'Takes a member out of a room; for those who stand above the member. Errors: NOT_FOUND, also when the user is not a member; FORBIDDEN.',
    args: { input: t.arg({ type: RemoveMemberInput, required: true, description: 'The room and the member.' }) },
    resolve: (_, { input }, context) =>
      removeMember(context, {
        roomId: parseId('Room', input.roomId, 'roomId'),
        userId: parseId('User', input.userId, 'userId'),
      }),
  }),
}))
