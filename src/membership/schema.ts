import { ViewerRef } from '../auth/schema.ts'
import type { Loaded } from '../concurrency/loader.ts'
import type { Member } from '../generated/prisma/client.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { load, prime } from '../graphql/loaders.ts'
import { pagedField } from '../graphql/paged-field.ts'
import { formatPairId } from '../input/ids.ts'
import { RoomKindRef, RoomRef, rememberRoom, roomOf } from '../rooms/schema.ts'
import { readRooms } from '../rooms/service.ts'
import { UserRef, userOf } from '../users/schema.ts'
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
