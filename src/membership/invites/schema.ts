import { limits } from '../../config/config.ts'
import type { Invite } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { formatId, parseIds } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { toRoom } from '../schema.ts'
import type { InvitePreview } from './queries.ts'
import { createInvite, listInvites, previewInvite, revokeInvite } from './service.ts'

const InviteRef = builder.objectRef<Invite>('Invite').implement({
  description: 'A code that admits users to a room of any access. Visible to admins and the owner.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `invite_…`.', resolve: ({ id }) => formatId('Invite', id) }),
    code: t.exposeString('code', { description: 'The code to pass to `joinRoom`: 24 URL-safe characters.' }),
    room: t.field({ type: RoomRef, description: 'The room that it leads to.', resolve: toRoom }),
    createdBy: t.field({
      type: UserRef,
      description: 'The user who created it.',
      resolve: ({ createdById }, _, context) => userOf(context, createdById),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it expires. Null when it does not.',
    }),
    usesMax: t.exposeInt('usesMax', { nullable: true, description: 'How many users it admits. Null when unlimited.' }),
    uses: t.exposeInt('uses', { description: 'How many users entered with it.' }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked. Null when it is not revoked.',
    }),
  }),
})

const InviteConnection = builder.connectionObject(
  { type: InviteRef, name: 'InviteConnection', description: 'A page of invites.' },
  { name: 'InviteEdge', description: 'An invite and its cursor.' },
)

builder.objectField(RoomRef, 'invites', (t) =>
  t.field(
    pagedField({
      type: InviteConnection,
      description:
        'The invites to it, newest first, including expired, revoked and used-up ones. Requires ADMIN or OWNER.',
      codes: ['NOT_FOUND', 'FORBIDDEN'],
      read: (room, page, context) => listInvites(context, { ...page, roomId: room.id }),
      edgeOf: (invite) => ({ keys: [invite.id], node: invite }),
    }),
  ),
)

const InvitePreviewRef = builder.objectRef<InvitePreview>('InvitePreview').implement({
  description: 'The part of a room that holders of an invite may see before they enter.',
  fields: (t) => ({
    roomId: t.id({ description: 'The room.', resolve: ({ roomId }) => formatId('Room', roomId) }),
    name: t.exposeString('name', { description: 'The name of the room; its code when it has none.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'The description of the room. Null when it has none.',
    }),
    memberCount: t.exposeInt('memberCount', { description: 'How many members it has.' }),
    createdBy: t.field({
      type: UserRef,
      description: 'The user who created the invite, even with a block between them and the viewer.',
      resolve: ({ createdById }, _, context) => userOf(context, createdById),
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the invite expires. Null when it does not.',
    }),
  }),
})

builder.queryField('invite', (t) =>
  t.field({
    type: InvitePreviewRef,
    description: 'Previews the room of an invite, for anybody who has its code. It does not count as a use.',
    codes: ['INVITE_INVALID, the same for an unknown, expired, revoked or used-up invite'],
    args: { code: t.arg.string({ required: true, description: 'The code of the invite.' }) },
    resolve: (_, { code }, context) => previewInvite(context, { code }),
  }),
)

/** Defines a payload with the invite that a mutation created or changed. */
const invitePayload = (name: string, description: string) =>
  builder.objectRef<Invite>(name).implement({
    description,
    fields: (t) => ({
      invite: t.field({ type: InviteRef, description: 'The invite as it is now.', resolve: (invite) => invite }),
    }),
  })

const CreateInviteInput = builder.inputType('CreateInviteInput', {
  description: 'An invite to create.',
  fields: (t) => ({
    roomId: t.id({ required: true, description: 'The room to which it leads.' }),
    expiresAt: t.field({
      type: 'DateTime',
      description: `When it expires, at most ${limits.inviteDaysMax} days from now. Never when omitted.`,
    }),
    usesMax: t.int({ description: `How many users it admits: 1 to ${limits.inviteUsesMax}. Unlimited when omitted.` }),
  }),
})

const RevokeInviteInput = builder.inputType('RevokeInviteInput', {
  description: 'An invite to revoke.',
  fields: (t) => ({ inviteId: t.id({ required: true, description: 'The invite.' }) }),
})

builder.mutationFields((t) => ({
  createInvite: t.field({
    type: invitePayload('CreateInvitePayload', 'The result of createInvite.'),
    description:
      'Creates an invite to a room. Requires ADMIN or OWNER. It stays valid when its creator leaves the room or loses the role; a removal or ban of the creator revokes it.',
    codes: [
      'NOT_FOUND',
      'FORBIDDEN',
      'ROOM_ARCHIVED',
      'BAD_USER_INPUT',
      'RATE_LIMITED',
      `CONFLICT when the room already has ${limits.invitesPerRoomMax} live invites`,
    ],
    args: { input: t.arg({ type: CreateInviteInput, required: true, description: 'The invite to create.' }) },
    resolve: (_, { input }, context) => createInvite(context, parseIds(input, { roomId: 'Room' })),
  }),
  revokeInvite: t.field({
    type: invitePayload('RevokeInvitePayload', 'The result of revokeInvite.'),
    description: 'Revokes an invite, so that it admits no more users. Requires ADMIN or OWNER.',
    codes: ['NOT_FOUND, also when the viewer may not see it'],
    args: { input: t.arg({ type: RevokeInviteInput, required: true, description: 'The invite.' }) },
    resolve: (_, { input }, context) => revokeInvite(context, parseIds(input, { inviteId: 'Invite' })),
  }),
}))
