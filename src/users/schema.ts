import { type Loaded, whenLoaded } from '../concurrency/loader.ts'
import { limits } from '../config/config.ts'
import type { User } from '../generated/prisma/client.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { load } from '../graphql/loaders.ts'
import { formatId } from '../input/ids.ts'
import { type PublicUser, publicSelection } from './queries.ts'
import {
  accountsByIds,
  assertUser,
  deletedUserName,
  findUser,
  shownName,
  type UserDates,
  userDatesByIds,
  usersByIds,
} from './service.ts'

/** Loads the user that a row or an event refers to. */
export function userOf(context: Context, userId: string): Loaded<PublicUser> {
  return whenLoaded(load(context, usersByIds, userId), assertUser<PublicUser>)
}

/** Loads the dates of a user. */
function datesOf(context: Context, { id }: PublicUser): Loaded<UserDates> {
  return whenLoaded(load(context, userDatesByIds, id), assertUser<UserDates>)
}

/** Loads an account with its contact data and settings, to show to itself. */
export function accountOf(context: Context, userId: string): Loaded<User> {
  return whenLoaded(load(context, accountsByIds, userId), assertUser<User>)
}

/** The type of an account as others see it. */
export const UserRef = builder.prismaObject('User', {
  description: 'An account: registered, a guest, or deleted.',
  select: publicSelection,
  interfaces: [builder.nodeInterfaceRef()],
  fields: (t) => ({
    id: t.id({
      description: 'A TypeID, `user_…`. It stays the same when a guest registers.',
      resolve: (user) => formatId('User', user.id),
    }),
    username: t.string({
      description: 'The unique handle, in lower-case ASCII. Null for guests and for deleted accounts.',
      nullable: true,
      resolve: (user) => (user.deletedAt ? null : user.username),
    }),
    displayName: t.string({
      description: `The name to show: 1 to ${limits.displayNameLengthMax} characters, not unique. "${deletedUserName}" once the account is deleted.`,
      resolve: shownName,
    }),
    bio: t.string({
      description: `The profile text: at most ${limits.bioLengthMax} characters. Null when there is none.`,
      nullable: true,
      resolve: (user) => (user.deletedAt ? null : user.bio),
    }),
    isGuest: t.exposeBoolean('isGuest', {
      description: 'True if the user is a guest, with a display name but no username and no password.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the account was created.',
      resolve: (user, _, context) => whenLoaded(datesOf(context, user), ({ createdAt }) => createdAt),
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: 'When the account last changed.',
      resolve: (user, _, context) => whenLoaded(datesOf(context, user), ({ updatedAt }) => updatedAt),
    }),
  }),
})

/** A page of users. */
export const UserConnection = builder.connectionObject(
  { type: UserRef, name: 'UserConnection', description: 'A page of users.' },
  { name: 'UserEdge', description: 'A user and their cursor.' },
)

builder.queryFields((t) => ({
  user: t.field({
    type: UserRef,
    nullable: true,
    description:
      'The registered user with this username. Null when there is none, or when there is a block between them and the viewer.',
    codes: ['UNAUTHENTICATED'],
    args: { username: t.arg.string({ required: true, description: 'The username, in upper or lower case.' }) },
    resolve: (_, { username }, context) => findUser(context, username),
  }),
}))
