import { assertSignedIn } from '../../access/access.ts'
import type { Viewer } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { eventRef, ViewerEventRef } from '../../graphql/events.ts'
import { load } from '../../graphql/loaders.ts'
import { parseIds } from '../../input/ids.ts'
import { accountOf, UserRef, userOf } from '../../users/schema.ts'
import { passwordsByUserIds } from '../passwords/service.ts'
import { enterViewer, ViewerRef } from '../schema.ts'
import { updateProfile } from './service.ts'

const DirectMessagePolicyRef = builder.enumType('DirectMessagePolicy', {
  description:
    'Users who may start a direct room with a user, add them to a room, and see their presence. When others add the user to a room, the user is invited instead. Existing rooms do not change.',
  values: {
    EVERYONE: { description: 'Everybody, except blocked users.' },
    SHARED_ROOMS: {
      description:
        'Friends, and users who share a GROUP room with them. A room that somebody else added them to counts once they have written or read there.',
    },
    FRIENDS: { description: 'Only friends.' },
  } as const,
})

const privacy = {
  showsReceipts:
    'True if others see how far the viewer has read and received messages. While false, the viewer does not see that of others either: `Message.status` is SENT, `Message.receipts` is empty, and the numbers of other memberships are null.',
  showsPresence:
    'True if those who may see the presence of the viewer, by `directMessagePolicy`, do. While false, the viewer is OFFLINE for all others, has no visits and is not mentioned by `@here`, and others are the same for the viewer.',
  showsLastSeen:
    'True if those who see the presence of the viewer also see when they were last seen. While false, or while the presence is hidden, the viewer does not see it of others either.',
} as const

builder.objectFields(ViewerRef, (t) => {
  const shows = (name: keyof typeof privacy) =>
    t.boolean({
      description: `${privacy[name]} Default: true.`,
      resolve: async (viewer, _, context) => (await accountOf(context, viewer.userId))[name],
    })
  return {
    directMessagePolicy: t.field({
      type: DirectMessagePolicyRef,
      description: 'Users who may start a direct room with the viewer, add them to rooms, and see their presence.',
      resolve: async (viewer, _, context) => (await accountOf(context, viewer.userId)).directMessagePolicy,
    }),
    showsReceipts: shows('showsReceipts'),
    showsPresence: shows('showsPresence'),
    showsLastSeen: shows('showsLastSeen'),
  }
})

eventRef('ProfileUpdated').implement({
  description:
    'The viewer’s account has changed, on this or another device: profile, avatar, registration, or a first password. The fields beside `user` are visible only to the viewer, as in `Viewer`.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The current state of the viewer.',
      resolve: ({ subject }, _, context) => userOf(context, subject),
    }),
    email: t.string({
      nullable: true,
      description: 'The e-mail address, in lower case. Null when there is none.',
      resolve: async ({ subject }, _, context) => (await accountOf(context, subject)).email,
    }),
    phone: t.string({
      nullable: true,
      description: 'The phone number in E.164 format. Null when there is none.',
      resolve: async ({ subject }, _, context) => (await accountOf(context, subject)).phone,
    }),
    emailVerifiedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the e-mail address was verified. Null when it is not.',
      resolve: async ({ subject }, _, context) => (await accountOf(context, subject)).emailVerifiedAt,
    }),
    phoneVerifiedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the phone number was verified. Null when it is not.',
      resolve: async ({ subject }, _, context) => (await accountOf(context, subject)).phoneVerifiedAt,
    }),
    hasPassword: t.boolean({
      description: 'True if the account has a password.',
      resolve: ({ subject }, _, context) => load(context, passwordsByUserIds, subject),
    }),
    directMessagePolicy: t.field({
      type: DirectMessagePolicyRef,
      description: 'Users who may start a direct room with the viewer, add them to rooms, and see their presence.',
      resolve: async ({ subject }, _, context) => (await accountOf(context, subject)).directMessagePolicy,
    }),
    showsReceipts: t.boolean({
      description: 'As `Viewer.showsReceipts`.',
      resolve: async ({ subject }, _, context) => (await accountOf(context, subject)).showsReceipts,
    }),
    showsPresence: t.boolean({
      description: 'As `Viewer.showsPresence`.',
      resolve: async ({ subject }, _, context) => (await accountOf(context, subject)).showsPresence,
    }),
    showsLastSeen: t.boolean({
      description: 'As `Viewer.showsLastSeen`.',
      resolve: async ({ subject }, _, context) => (await accountOf(context, subject)).showsLastSeen,
    }),
  }),
})

const UpdateProfileInput = builder.inputType('UpdateProfileInput', {
  description: 'A change of the profile. Omitted fields stay as they are.',
  fields: (t) => ({
    displayName: t.string({
      description: `The name to show: 1 to ${limits.displayNameLengthMax} characters on one line. It cannot be null.`,
    }),
    bio: t.string({
      description: `The profile text: at most ${limits.bioLengthMax} characters. Null or empty for none.`,
    }),
    email: t.string({ description: 'An e-mail address. Null for none. A new address is not verified.' }),
    phone: t.string({ description: 'A phone number in E.164 format. Null for none. A new number is not verified.' }),
    directMessagePolicy: t.field({
      type: DirectMessagePolicyRef,
      description: 'Users who may start a direct room with the viewer. It cannot be null.',
    }),
    showsReceipts: t.boolean({ description: `${privacy.showsReceipts} It cannot be null.` }),
    showsPresence: t.boolean({ description: `${privacy.showsPresence} It cannot be null.` }),
    showsLastSeen: t.boolean({ description: `${privacy.showsLastSeen} It cannot be null.` }),
    avatarId: t.id({
      description: 'An uploaded, unused image of the viewer. Null for none. The previous avatar is deleted.',
    }),
  }),
})

const UpdateProfilePayload = builder.objectRef<Viewer>('UpdateProfilePayload').implement({
  description: 'The result of updateProfile.',
  fields: (t) => ({
    viewer: t.field({
      type: ViewerRef,
      description: 'The current state of the viewer.',
      resolve: (_, __, context, info) => enterViewer(context, assertSignedIn(context), info),
    }),
  }),
})

builder.mutationField('updateProfile', (t) =>
  t.field({
    type: UpdateProfilePayload,
    description: 'Changes the profile of the viewer, who may write to them, and what others see of them.',
    codes: [
      'UNAUTHENTICATED',
      'BAD_USER_INPUT',
      'RATE_LIMITED',
      'FORBIDDEN for the e-mail address and phone number of a guest, and for both in a session that was opened by the username alone',
    ],
    args: { input: t.arg({ type: UpdateProfileInput, required: true, description: 'The changes.' }) },
    resolve: (_, { input }, context) => updateProfile(context, parseIds(input, { avatarId: 'Media' })),
  }),
)
