import { limits } from '../../config/config.ts'
import type { Invite } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { forwardArgs, readPage } from '../../graphql/pages.ts'
import { formatId, parseId } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { toRoom } from '../schema.ts'
import type { InvitePreview } from './queries.ts'
import { createInvite, listInvites, previewInvite, revokeInvite } from './service.ts'

const InviteRef = builder.objectRef<Invite>('Invite').implement({
  description: 'A code that lets users into a room, whatever its access. Admins and the owner see it.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `invite_…`.', resolve: ({ id }) => formatId('Invite', id) }),
    code: t.exposeString('code', { description: 'What `joinRoom` takes: 24 characters that a URL takes as they are.' }),
    room: t.field({ type: RoomRef, description: 'The room that it leads to.', resolve: toRoom }),
    createdBy: t.field({
      type: UserRef,
      description: 'Who made it.',
      resolve: ({ createdById }, _, context) => userOf(context, createdById),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends by itself. Null when it does not.',
    }),
    usesMax: t.exposeInt('usesMax', { nullable: true, description: 'How many may enter by it. Null for no bound.' }),
    uses: t.exposeInt('uses', { description: 'How many have entered by it.' }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked. Null when it was not.',
    }),
  }),
})

const InviteConnection = builder.connectionObject(
  { type: InviteRef, name: 'InviteConnection', description: 'A page of invites.' },
  { name: 'InviteEdge', description: 'An invite and its place on the page.' },
)

builder.objectField(RoomRef, 'invites', (t) =>
  t.field({
    type: InviteConnection,
    description:
      'The invites to it, the newest first, those that are over too. For admins and the owner. Errors: NOT_FOUND, FORBIDDEN, BAD_USER_INPUT.',
    args: forwardArgs(),
    resolve: (room, args, context) =>
      readPage(args, {
        read: (page) => listInvites(context, { ...page, roomId: room.id }),
        keysOf: (invite) => [invite.id],
      }),
  }),
)

const InvitePreviewRef = builder.objectRef<InvitePreview>('InvitePreview').implement({
  description: 'What whoever holds an invite may know of the room before entering it.',
  fields: (t) => ({
    roomId: t.id({ description: 'The room.', resolve: ({ roomId }) => formatId('Room', roomId) }),
    name: t.exposeString('name', { description: 'The name of the room.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What the room is about. Null when nobody said.',
    }),
    memberCount: t.exposeInt('memberCount', { description: 'How many members it has.' }),
    createdBy: t.field({
      type: UserRef,
      description: 'Who made the invite, also where one of the two has blocked the other.',
      resolve: ({ createdById }, _, context) => userOf(context, createdById),
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the invite ends by itself. Null when it does not.',
    }),
  }),
})

builder.queryField('invite', (t) =>
  t.field({
    type: InvitePreviewRef,
    description:
      'What an invite leads to, for anybody who has its code; it takes no use. Errors: INVITE_INVALID, alike for an invite that never was and for one that is over.',
    args: { code: t.arg.string({ required: true, description: 'The code of the invite.' }) },
    resolve: (_, { code }, context) => previewInvite(context, { code }),
  }),
)

/** A payload with the invite that a mutation made or changed. */
const invitePayload = (name: string, description: string) =>
  builder.objectRef<Invite>(name).implement({
    description,
    fields: (t) => ({
      invite: t.field({ type: InviteRef, description: 'The invite as it is now.', resolve: (invite) => invite }),
    }),
  })

const CreateInviteInput = builder.inputType('CreateInviteInput', {
  description: 'An invite to make.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room that it is to lead to.' }),
    expiresAt: t.field({
      type: 'DateTime',
      description: `When it ends by itself, at most ${limits.inviteDaysMax} days ahead. Never when not given.`,
    }),
    usesMax: t.int({ description: `How many may enter by it: 1 to ${limits.inviteUsesMax}. No bound when not given.` }),
  }),
})

const RevokeInviteInput = builder.inputType('RevokeInviteInput', {
  description: 'An invite to end.',
  fields: (t) => ({ inviteId: t.id({ required: true, description: 'The invite.' }) }),
})

builder.mutationFields((t) => ({
  createInvite: t.field({
    type: invitePayload('CreateInvitePayload', 'The result of createInvite.'),
    description: `Makes an invite to a room; for admins and the owner. Errors: NOT_FOUND, FORBIDDEN, ROOM_ARCHIVED, BAD_USER_INPUT, RATE_LIMITED; CONFLICT when the room has ${limits.invitesPerRoomMax} that still let somebody in.`,
    args: { input: t.arg({ type: CreateInviteInput, required: true, description: 'The invite to make.' }) },
    resolve: (_, { input }, context) =>
      createInvite(context, { ...input, roomId: parseId('Room', input.roomId, 'roomId') }),
  }),
  revokeInvite: t.field({
    type: invitePayload('RevokeInvitePayload', 'The result of revokeInvite.'),
    description:
      'Ends an invite, so that nobody enters by it any more; for admins and the owner. Errors: NOT_FOUND, also for who may not see it.',
    args: { input: t.arg({ type: RevokeInviteInput, required: true, description: 'The invite.' }) },
    resolve: (_, { input }, context) =>
      revokeInvite(context, { inviteId: parseId('Invite', input.inviteId, 'inviteId') }),
  }),
}))
