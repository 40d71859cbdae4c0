import { ViewerRef } from '../../auth/schema.ts'
import { invitationLimits } from '../../config/membership.ts'
import type { RoomInvitation } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { eventRef, ViewerEventRef } from '../../graphql/events.ts'
import { load } from '../../graphql/loaders.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { formatId, parseIds } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { AddMembersPayload } from '../adding/schema.ts'
import { acceptInvitation } from '../joining/service.ts'
import { memberPayload, toRoom, toUser } from '../schema.ts'
import {
  declineInvitation,
  invitationsByIds,
  listInvitations,
  listOwnInvitations,
  withdrawInvitation,
} from './service.ts'

/** A pending invitation of a user into a room. */
const RoomInvitationRef = builder.objectRef<RoomInvitation>('RoomInvitation').implement({
  description: `An invitation into a room, from an admin or owner who may not add the user directly: see \`directMessagePolicy\`. It can be accepted or declined for ${invitationLimits.days} days.`,
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `invitation_…`.', resolve: ({ id }) => formatId('RoomInvitation', id) }),
    room: t.field({
      type: RoomRef,
      description: 'The room. Invited users see as much of it as anybody sees of an open room.',
      resolve: toRoom,
    }),
    user: t.field({ type: UserRef, description: 'The invited user.', resolve: toUser }),
    invitedBy: t.field({
      type: UserRef,
      description: 'The inviter.',
      resolve: ({ invitedById }, _, context) => userOf(context, invitedById),
    }),
    invitedAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
  }),
})

const RoomInvitationConnection = builder.connectionObject(
  { type: RoomInvitationRef, name: 'RoomInvitationConnection', description: 'A page of invitations.' },
  { name: 'RoomInvitationEdge', description: 'An invitation and its cursor.' },
)

const edgeOf = (invitation: RoomInvitation) => ({ keys: [invitation.id], node: invitation })

builder.objectField(ViewerRef, 'invitations', (t) =>
  t.field(
    pagedField({
      type: RoomInvitationConnection,
      description: 'The pending invitations of the viewer into rooms, newest first.',
      read: (_, page, context) => listOwnInvitations(context, page),
      edgeOf,
    }),
  ),
)

builder.objectField(RoomRef, 'invitations', (t) =>
  t.field(
    pagedField({
      type: RoomInvitationConnection,
      description: 'The pending invitations into it, newest first. Requires ADMIN or OWNER.',
      codes: ['NOT_FOUND', 'FORBIDDEN'],
      read: (room, page, context) => listInvitations(context, { ...page, roomId: room.id }),
      edgeOf,
    }),
  ),
)

builder.objectField(AddMembersPayload, 'invitations', (t) =>
  t.field({
    type: [RoomInvitationRef],
    description:
      'The invitations of the users who were invited instead of added, in the order given, without duplicates.',
    resolve: ({ invitations }) => invitations,
  }),
)

const InvitationInput = builder.inputType('InvitationInput', {
  description: 'An invitation into a room.',
  fields: (t) => ({ invitationId: t.id({ required: true, description: 'The invitation.' }) }),
})

/** Defines a payload with the id of an ended invitation. */
const endPayload = (name: string, description: string) =>
  builder.objectRef<RoomInvitation>(name).implement({
    description,
    fields: (t) => ({
      invitationId: t.id({
        description: 'The invitation, which has ended.',
        resolve: ({ id }) => formatId('RoomInvitation', id),
      }),
    }),
  })

builder.mutationFields((t) => ({
  acceptInvitation: t.field({
    type: memberPayload('AcceptInvitationPayload', 'The result of acceptInvitation.'),
    description: 'Accepts an invitation: the viewer becomes a member of the room.',
    codes: [
      'UNAUTHENTICATED',
      'NOT_FOUND for an ended invitation',
      'BANNED',
      'ROOM_ARCHIVED',
      'ROOM_FULL',
      'RATE_LIMITED',
    ],
    args: { input: t.arg({ type: InvitationInput, required: true, description: 'The invitation.' }) },
    resolve: (_, { input }, context) => acceptInvitation(context, parseIds(input, { invitationId: 'RoomInvitation' })),
  }),
  declineInvitation: t.field({
    type: endPayload('DeclineInvitationPayload', 'The result of declineInvitation.'),
    description: 'Declines an invitation. The inviter can neither add nor invite the viewer to this room again.',
    codes: ['UNAUTHENTICATED', 'NOT_FOUND for an ended invitation'],
    args: { input: t.arg({ type: InvitationInput, required: true, description: 'The invitation.' }) },
    resolve: (_, { input }, context) => declineInvitation(context, parseIds(input, { invitationId: 'RoomInvitation' })),
  }),
  withdrawInvitation: t.field({
    type: endPayload('WithdrawInvitationPayload', 'The result of withdrawInvitation.'),
    description: 'Withdraws an invitation into a room. Requires ADMIN or OWNER of the room.',
    codes: ['UNAUTHENTICATED', 'NOT_FOUND, also when the viewer may not see it'],
    args: { input: t.arg({ type: InvitationInput, required: true, description: 'The invitation.' }) },
    resolve: (_, { input }, context) =>
      withdrawInvitation(context, parseIds(input, { invitationId: 'RoomInvitation' })),
  }),
}))

eventRef('RoomInvitationReceived').implement({
  description: 'The viewer was invited into a room.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    invitation: t.field({
      type: RoomInvitationRef,
      nullable: true,
      description: 'The invitation. Null when it has ended in the meantime.',
      resolve: ({ subject }, _, context) => load(context, invitationsByIds, subject),
    }),
  }),
})

eventRef('RoomInvitationEnded').implement({
  description: 'An invitation of the viewer was accepted, declined or withdrawn, or the inviter left the room.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    invitationId: t.id({
      description: 'The invitation.',
      resolve: ({ subject }) => formatId('RoomInvitation', subject),
    }),
  }),
})
