import { limits } from '../../config/config.ts'
import type { Ban } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { forwardArgs, readPage } from '../../graphql/pages.ts'
import { parseId } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import type { MemberKey } from '../queries.ts'
import { toRoom, toUser } from '../schema.ts'
import { banMember, listBans, unbanMember } from './service.ts'

const BanRef = builder.objectRef<Ban>('Ban').implement({
  description: 'That a user may not be in a room. Admins and the owner see it.',
  fields: (t) => ({
    user: t.field({ type: UserRef, description: 'Who is banned.', resolve: toUser }),
    bannedBy: t.field({
      type: UserRef,
      nullable: true,
      description: 'Who banned the user. Null when that account is gone.',
      resolve: ({ bannedById }, _, context) => (bannedById ? userOf(context, bannedById) : null),
    }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why. Null when nobody said.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the user was banned, the last time.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the ban ends by itself. Null when it does not.',
    }),
  }),
})

const BanConnection = builder.connectionObject(
  { type: BanRef, name: 'BanConnection', description: 'A page of bans.' },
  { name: 'BanEdge', description: 'A ban and its place on the page.' },
)

builder.objectField(RoomRef, 'bans', (t) =>
  t.field({
    type: BanConnection,
    description:
      'The bans that bind, the newest first. For admins and the owner. Errors: NOT_FOUND, FORBIDDEN, BAD_USER_INPUT.',
    args: forwardArgs(),
    resolve: (room, args, context) =>
      readPage(args, {
        read: (page) => listBans(context, { ...page, roomId: room.id }),
        keysOf: (ban) => [ban.createdAt.toISOString(), ban.userId],
      }),
  }),
)

const BanMemberInput = builder.inputType('BanMemberInput', {
  description: 'Whom to ban from which room.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    userId: t.id({ required: true, description: 'The user, a member or not.' }),
    reason: t.string({
      description: `Why, for the other admins: at most ${limits.banReasonLengthMax} characters.`,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: `When the ban ends by itself, at most ${limits.banDaysMax} days ahead. Never when not given.`,
    }),
  }),
})

const BanMemberPayload = builder.objectRef<Ban>('BanMemberPayload').implement({
  description: 'The result of banMember.',
  fields: (t) => ({
    ban: t.field({ type: BanRef, description: 'The ban.', resolve: (ban) => ban }),
    room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
  }),
})

const UnbanMemberInput = builder.inputType('UnbanMemberInput', {
  description: 'Whose ban from which room to lift.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room.' }),
    userId: t.id({ required: true, description: 'The user.' }),
  }),
})

const UnbanMemberPayload = builder.objectRef<MemberKey>('UnbanMemberPayload').implement({
  description: 'The result of unbanMember.',
  fields: (t) => ({
    room: t.field({ type: RoomRef, description: 'The room.', resolve: toRoom }),
    user: t.field({ type: UserRef, description: 'Who may enter it again.', resolve: toUser }),
  }),
})

builder.mutationFields((t) => ({
  banMember: t.field({
    type: BanMemberPayload,
    description:
      'Bans a user from a room and takes them out of it; banning again replaces the ban. For those who stand above the member, and for admins and the owner where the user is not one. Errors: NOT_FOUND, FORBIDDEN; BAD_USER_INPUT, also for oneself.',
    args: { input: t.arg({ type: BanMemberInput, required: true, description: 'The room and the user.' }) },
    resolve: (_, { input }, context) =>
      banMember(context, {
        ...input,
        roomId: parseId('Room', input.roomId, 'roomId'),
        userId: parseId('User', input.userId, 'userId'),
      }),
  }),
  unbanMember: t.field({
    type: UnbanMemberPayload,
    description:
      'Lifts a ban, so that the user may enter again. For admins and the owner. Errors: NOT_FOUND, also when the user is not banned; FORBIDDEN.',
    args: { input: t.arg({ type: UnbanMemberInput, required: true, description: 'The room and the user.' }) },
    resolve: (_, { input }, context) =>
      unbanMember(context, {
        roomId: parseId('Room', input.roomId, 'roomId'),
        userId: parseId('User', input.userId, 'userId'),
      }),
  }),
}))
