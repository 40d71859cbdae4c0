import { assertSignedIn } from '../../access/access.ts'
import type { Viewer } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { eventRef, ViewerEventRef } from '../../graphql/events.ts'
import { load } from '../../graphql/loaders.ts'
import { parseId } from '../../input/ids.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { passwordsByUserIds } from '../credentials.ts'
import { enterViewer, ViewerRef } from '../schema.ts'
import { updateProfile } from './service.ts'

const DirectMessagePolicyRef = builder.enumType('DirectMessagePolicy', {
  description:
    'Who may begin a direct room with somebody, add them to a room, and see whether they are here. Others are asked: who is added to a room is invited instead. Rooms that exist stay as they are.',
  values: {
    EVERYONE: { description: 'Everybody who is not blocked.' },
    SHARED_ROOMS: {
      description:
        'Friends, and those who are in a GROUP room with them. A room that somebody has put them into counts once they have written or read there.',
    },
    FRIENDS: { description: 'Friends alone.' },
  } as const,
})

builder.objectField(ViewerRef, 'directMessagePolicy', (t) =>
  t.field({
    type: DirectMessagePolicyRef,
    description: 'Who may begin a direct room with the viewer, add them to rooms, and see whether they are here.',
    resolve: async (viewer, _, context) => (await userOf(context, viewer.userId)).directMessagePolicy,
  }),
)

eventRef('ProfileUpdated').implement({
  description:
    'The viewer’s own account has changed, on this or another device: profile, avatar, registration, or a first password. What only the viewer sees stands beside `user`, as in `Viewer`.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The viewer as they are now.',
      resolve: ({ subject }, _, context) => userOf(context, subject),
    }),
    email: t.string({
      nullable: true,
      description: 'The e-mail address, in lower case. Null when there is none.',
      resolve: async ({ subject }, _, context) => (await userOf(context, subject)).email,
    }),
    phone: t.string({
      nullable: true,
      description: 'The phone number as in E.164. Null when there is none.',
      resolve: async ({ subject }, _, context) => (await userOf(context, subject)).phone,
    }),
    emailVerifiedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the e-mail address was verified. Null when it is not.',
      resolve: async ({ subject }, _, context) => (await userOf(context, subject)).emailVerifiedAt,
    }),
    phoneVerifiedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the phone number was verified. Null when it is not.',
      resolve: async ({ subject }, _, context) => (await userOf(context, subject)).phoneVerifiedAt,
    }),
    hasPassword: t.boolean({
      description: 'Whether the account has a password.',
      resolve: ({ subject }, _, context) => load(context, passwordsByUserIds, subject),
    }),
    directMessagePolicy: t.field({
      type: DirectMessagePolicyRef,
      description: 'Who may begin a direct room with the viewer, add them to rooms, and see whether they are here.',
      resolve: async ({ subject }, _, context) => (await userOf(context, subject)).directMessagePolicy,
    }),
  }),
})

const UpdateProfileInput = builder.inputType('UpdateProfileInput', {
  description: 'What to change of the viewer. What is not given stays as it is.',
  fields: (t) => ({
    displayName: t.string({
      description: `The name to show: 1 to ${limits.displayNameLengthMax} characters on one line. It cannot be null.`,
    }),
    bio: t.string({
      description: `What the viewer says of themselves: at most ${limits.bioLengthMax} characters. Null or empty for nothing.`,
    }),
    email: t.string({ description: 'An e-mail address. Null for none. Another one is not verified.' }),
    phone: t.string({ description: 'A phone number as in E.164. Null for none. Another one is not verified.' }),
    directMessagePolicy: t.field({
      type: DirectMessagePolicyRef,
      description: 'Who may begin a direct room with the viewer. It cannot be null.',
    }),
    avatarId: t.id({
      description:
        'An image of the viewer’s own, uploaded and used for nothing else. Null for none. The one before is deleted.',
    }),
  }),
})

const UpdateProfilePayload = builder.objectRef<Viewer>('UpdateProfilePayload').implement({
  description: 'The result of updateProfile.',
  fields: (t) => ({
    viewer: t.field({
      type: ViewerRef,
      description: 'The viewer as they are now.',
      resolve: (_, __, context, info) => enterViewer(context, assertSignedIn(context), info),
    }),
  }),
})

builder.mutationField('updateProfile', (t) =>
  t.field({
    type: UpdateProfilePayload,
    description:
      'Changes what the viewer says of themselves, and who may write to them. Errors: UNAUTHENTICATED, BAD_USER_INPUT, RATE_LIMITED, FORBIDDEN for the e-mail address and phone number of a guest, and for both in a session that was opened by the username alone.',
    args: { input: t.arg({ type: UpdateProfileInput, required: true, description: 'What to change.' }) },
    resolve: (_, { input: { avatarId, ...input } }, context) =>
      updateProfile(context, { ...input, avatarId: avatarId ? parseId('Media', avatarId, 'avatarId') : avatarId }),
  }),
)
