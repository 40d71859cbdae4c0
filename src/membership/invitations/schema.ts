import { ViewerRef } from '../../auth/schema.ts'
import { invitationLimits } from '../../config/rooms.ts'
import type { RoomInvitation } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { eventRef, ViewerEventRef } from '../../graphql/events.ts'
import { load } from '../../graphql/loaders.ts'
import { forwardArgs, readPage } from '../../graphql/pages.ts'
import { formatId, parseId } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { acceptInvitation } from '../joining/service.ts'
import { AddMembersPayload, memberPayload, toRoom, toUser } from '../schema.ts'
import {
  declineInvitation,
  invitationsByIds,
  listInvitations,
  listOwnInvitations,
  withdrawInvitation,
} from './service.ts'

/** Somebody who is asked into a room. */
export const RoomInvitationRef = builder.objectRef<RoomInvitation>('RoomInvitation').implement({
  description: `Somebody is asked into a room by an admin who may not add them: see \`directMessagePolicy\`. They accept or decline within ${invitationLimits.days} days.`,
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `invitation_…`.', resolve: ({ id }) => formatId('RoomInvitation', id) }),
    room: t.field({
      type: RoomRef,
      description: 'The room. Who is invited sees of it what everybody sees of an open room.',
      resolve: toRoom,
    }),
    user: t.field({ type: UserRef, description: 'Who is invited.', resolve: toUser }),
    invitedBy: t.field({
      type: UserRef,
      description: 'Who invites.',
      resolve: ({ invitedById }, _, context) => userOf(context, invitedById),
    }),
    invitedAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
  }),
})

const RoomInvitationConnection = builder.connectionObject(
  { type: RoomInvitationRef, name: 'RoomInvitationConnection', description: 'A page of invitations.' },
  { name: 'RoomInvitationEdge', description: 'An invitation and its place on the page.' },
)

builder.objectField(ViewerRef, 'invitations', (t) =>
  t.field({
    type: RoomInvitationConnection,
    description: 'The invitations into rooms that wait for the viewer, the newest first. Errors: BAD_USER_INPUT.',
    args: forwardArgs(),
    resolve: (_, args, context) =>
      readPage(args, { read: (page) => listOwnInvitations(context, page), keysOf: ({ id }) => [id] }),
  }),
)

builder.objectField(RoomRef, 'invitations', (t) =>
  t.field({
    type: RoomInvitationConnection,
    description:
      'Who is invited and has not answered, the newest first. For admins and the owner. Errors: NOT_FOUND, FORBIDDEN, BAD_USER_INPUT.',
    args: forwardArgs(),
    resolve: (room, args, context) =>
      readPage(args, {
        read: (page) => listInvitations(context, { ...page, roomId: room.id }),
        keysOf: ({ id }) => [id],
      }),
  }),
)

builder.objectField(AddMembersPayload, 'invitations', (t) =>
  t.field({
    type: [RoomInvitationRef],
    description: 'Those of the users who were invited instead of added, in the order given, each once.',
    resolve: ({ invitations }) => invitations,
  }),
)

const InvitationInput = builder.inputType('InvitationInput', {
  description: 'An invitation into a room.',
  fields: (t) => ({ invitationId: t.id({ required: true, description: 'The invitation.' }) }),
})

/** A payload with the id of an invitation that has ended. */
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

const toInvitation = ({ invitationId }: { invitationId: string }) => ({
  invitationId: parseId('RoomInvitation', invitationId, 'invitationId'),
})

builder.mutationFields((t) => ({
  acceptInvitation: t.field({
    type: memberPayload('AcceptInvitationPayload', 'The result of acceptInvitation.'),
    description:
      'Makes the viewer, who was invited, a member of the room. Errors: UNAUTHENTICATED, NOT_FOUND for an invitation that has ended, BANNED, ROOM_ARCHIVED, ROOM_FULL, RATE_LIMITED.',
    args: { input: t.arg({ type: InvitationInput, required: true, description: 'The invitation.' }) },
    resolve: (_, { input }, context) => acceptInvitation(context, toInvitation(input)),
  }),
  declineInvitation: t.field({
    type: endPayload('DeclineInvitationPayload', 'The result of declineInvitation.'),
    description:
      'Declines an invitation: who made it can neither add nor invite the viewer to this room again. Errors: UNAUTHENTICATED, NOT_FOUND for one that has ended.',
    args: { input: t.arg({ type: InvitationInput, required: true, description: 'The invitation.' }) },
    resolve: (_, { input }, context) => declineInvitation(context, toInvitation(input)),
  }),
  withdrawInvitation: t.field({
    type: endPayload('WithdrawInvitationPayload', 'The result of withdrawInvitation.'),
    description:
      'Takes an invitation into a room back; for its admins and owner. Errors: UNAUTHENTICATED, NOT_FOUND, also for who may not see it.',
    args: { input: t.arg({ type: InvitationInput, required: true, description: 'The invitation.' }) },
    resolve: (_, { input }, context) => withdrawInvitation(context, toInvitation(input)),
  }),
}))

eventRef('RoomInvitationReceived').implement({
  description: 'Somebody invites the viewer into a room.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    invitation: t.field({
      type: RoomInvitationRef,
      nullable: true,
      description: 'The invitation. Null when it has ended since.',
      resolve: ({ subject }, _, context) => load(context, invitationsByIds, subject),
    }),
  }),
})

eventRef('RoomInvitationEnded').implement({
  description: 'An invitation of the viewer was accepted, declined or withdrawn, or its maker has left the room.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    invitationId: t.id({
      description: 'The invitation.',
      resolve: ({ subject }) => formatId('RoomInvitation', subject),
    }),
  }),
})
