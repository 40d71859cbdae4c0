import type { Ban } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { formatPairId, parseIds } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import type { MemberKey } from '../queries.ts'
import { toRoom, toUser } from '../schema.ts'
import { listBans, unbanMember } from './service.ts'

const BanRef = builder.objectRef<Ban>('Ban').implement({
  description: 'A ban: the user may not enter the room. Visible to admins and the owner.',
  fields: (t) => ({
    id: t.id({
      description: 'A stable id for caches, `ban_…`. `node` does not take it.',
      resolve: ({ roomId, userId }) => formatPairId('Ban', roomId, userId),
    }),
    user: t.field({ type: UserRef, description: 'The banned user.', resolve: toUser }),
    bannedBy: t.field({
      type: UserRef,
      nullable: true,
      description: 'The user who set the ban. Null when that account no longer exists.',
      resolve: ({ bannedById }, _, context) => (bannedById ? userOf(context, bannedById) : null),
    }),
    reason: t.exposeString('reason', { nullable: true, description: 'The reason. Null when none was given.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the user was last banned.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the ban expires. Null for a permanent ban.',
    }),
  }),
})

const BanConnection = builder.connectionObject(
  { type: BanRef, name: 'BanConnection', description: 'A page of bans.' },
  { name: 'BanEdge', description: 'A ban and its cursor.' },
)

builder.objectField(RoomRef, 'bans', (t) =>
  t.field(
    pagedField({
      type: BanConnection,
      description: 'The active bans, newest first. Requires ADMIN or OWNER.',
      codes: ['NOT_FOUND', 'FORBIDDEN'],
      read: (room, page, context) => listBans(context, { ...page, roomId: room.id }),
      edgeOf: (ban) => ({ keys: [ban.createdAt.toISOString(), ban.userId], node: ban }),
    }),
  ),
)

/** The result of banMember. That is in messages/deletion/, because it can delete messages too. */
export const BanMemberPayload = builder.objectRef<Ban>('BanMemberPayload').implement({
  description: 'The result of banMember.',
  fields: (t) => ({
    ban: t.field({ type: BanRef, description: 'The ban.', resolve: (ban) => ban }),
    room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
  }),
})

const UnbanMemberInput = builder.inputType('UnbanMemberInput', {
  description: 'Lifts the ban of a user from a room.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    userId: t.id({ required: true, description: 'The user.' }),
  }),
})

const UnbanMemberPayload = builder.objectRef<MemberKey>('UnbanMemberPayload').implement({
  description: 'The result of unbanMember.',
  fields: (t) => ({
    room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
    user: t.field({ type: UserRef, description: 'The user, who may enter again.', resolve: toUser }),
  }),
})

builder.mutationFields((t) => ({
  unbanMember: t.field({
    type: UnbanMemberPayload,
    description: 'Lifts a ban, so that the user may enter again. Requires ADMIN or OWNER.',
    codes: ['NOT_FOUND, also when the user is not banned', 'FORBIDDEN'],
    args: { input: t.arg({ type: UnbanMemberInput, required: true, description: 'The room and the user.' }) },
    resolve: (_, { input }, context) => unbanMember(context, parseIds(input, { roomId: 'Room', userId: 'User' })),
  }),
}))
