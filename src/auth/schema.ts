import type { GraphQLResolveInfo } from 'graphql'
import { assertSignedIn } from '../access/access.ts'
import type { Viewer } from '../access/context.ts'
import { limits } from '../config/config.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { asksFor } from '../graphql/selection.ts'
import { loadTopic } from '../graphql/topics.ts'
import { accountOf, UserRef, userOf } from '../users/schema.ts'
import { type Grant, refreshSession, register, signIn } from './service.ts'
import { countSignIn } from './sign-in-metrics.ts'

const usernameRule = `${limits.usernameLengthMin} to ${limits.usernameLengthMax} letters a-z, digits, dots, hyphens or underscores, the first and last a letter or digit; converted to lower case`
/** The rule for passwords, for descriptions of fields. */
export const passwordRule = `${limits.passwordLengthMin} to ${limits.passwordLengthMax} characters, used exactly as given`
/** The rule for display names, for descriptions of fields. */
export const displayNameRule = `1 to ${limits.displayNameLengthMax} characters on one line`

/** The type of the viewer: the root of all fields that only they can see. */
export const ViewerRef = builder.objectRef<Viewer>('Viewer').implement({
  description: 'The signed-in user, with the fields that only they can see.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The viewer as others see them.',
      resolve: (viewer, _, context) => userOf(context, viewer.userId),
    }),
    email: t.string({
      nullable: true,
      description: 'The e-mail address, in lower case. Null when none was given.',
      resolve: async (viewer, _, context) => (await accountOf(context, viewer.userId)).email,
    }),
    phone: t.string({
      nullable: true,
      description: 'The phone number in E.164 format. Null when none was given.',
      resolve: async (viewer, _, context) => (await accountOf(context, viewer.userId)).phone,
    }),
    emailVerifiedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the operator marked the e-mail address as verified: it can then be used to sign in, like the username. Null when it is not verified.',
      resolve: async (viewer, _, context) => (await accountOf(context, viewer.userId)).emailVerifiedAt,
    }),
    phoneVerifiedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the operator marked the phone number as verified: it can then be used to sign in, like the username. Null when it is not verified.',
      resolve: async (viewer, _, context) => (await accountOf(context, viewer.userId)).phoneVerifiedAt,
    }),
  }),
})

/**
 * Reads the cursor of the viewer's feed before the rest of the answer.
 *
 * This way no event is lost between the answer and the stream.
 */
export async function enterViewer(context: Context, viewer: Viewer, info: GraphQLResolveInfo): Promise<Viewer> {
  if (asksFor(info, 'eventCursor')) await loadTopic(context, viewer.userId)
  return viewer
}

/** The payload of the mutations that open a session or replace its tokens. */
export const AuthPayloadRef = builder.objectRef<Grant>('AuthPayload').implement({
  description: 'The tokens of a session. Everybody who has them can act as the viewer: keep them secret.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description:
        'The access token. Send it as `Authorization: Bearer …`, or as `authorization` in the connectionParams of a WebSocket.',
    }),
    accessTokenExpiresAt: t.expose('accessTokenExpiresAt', {
      type: 'DateTime',
      description: 'When the access token expires. Call refreshSession before.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      description: 'The refresh token. It is valid for one refreshSession, which returns the next one.',
    }),
    refreshTokenExpiresAt: t.expose('refreshTokenExpiresAt', {
      type: 'DateTime',
      description: 'When the session ends unless it is refreshed.',
    }),
    viewer: t.field({
      type: ViewerRef,
      description: 'The user who was signed in.',
      resolve: ({ viewer }, _, context, info) => enterViewer(context, viewer, info),
    }),
  }),
})

type InputFields = PothosSchemaTypes.InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>

/** The fields of an account that registers. */
export const accountFields = (t: InputFields) => ({
  username: t.string({ required: true, description: `The unique handle: ${usernameRule}.` }),
  password: t.string({
    description: `${passwordRule}. It may be omitted only where the server allows accounts without a password; then anybody can sign in to this account.`,
  }),
  email: t.string({
    description:
      'An e-mail address. Only the viewer sees it, and it cannot be used to sign in until the operator has verified it.',
  }),
  phone: t.string({
    description:
      'A phone number in E.164 format. Only the viewer sees it, and it cannot be used to sign in until the operator has verified it.',
  }),
})

const RegisterInput = builder.inputType('RegisterInput', {
  description: 'A new account.',
  fields: (t) => ({
    ...accountFields(t),
    displayName: t.string({
      description: `The name to show: ${displayNameRule}. Default: the username as typed.`,
    }),
  }),
})

const SignInInput = builder.inputType('SignInInput', {
  description: 'The credentials of a registered user.',
  fields: (t) => ({
    username: t.string({
      required: true,
      description: 'The username, or a verified e-mail address or phone number, in upper or lower case.',
    }),
    password: t.string({
      description: 'The password. Omit it only for accounts without one, where the server allows them.',
    }),
  }),
})

const RefreshSessionInput = builder.inputType('RefreshSessionInput', {
  description: 'A refresh token to exchange.',
  fields: (t) => ({
    refreshToken: t.string({ required: true, description: 'The newest `refreshToken` of the session.' }),
  }),
})

/**
 * Makes the new viewer the viewer of the rest of the operation.
 *
 * For example of `viewer { memberships }` of the payload.
 */
export async function become(context: Context, granting: Promise<Grant>): Promise<Grant> {
  const grant = await granting
  context.changeViewer({ viewer: grant.viewer, viewerError: null })
  return grant
}

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    nullable: true,
    description: 'The signed-in user. Null when no token was sent.',
    codes: ['UNAUTHENTICATED for an invalid token', 'SESSION_EXPIRED'],
    resolve: (_, __, context, info) => {
      const viewer = context.viewerError ? assertSignedIn(context) : context.viewer
      return viewer && enterViewer(context, viewer, info)
    },
  }),
)

builder.mutationFields((t) => ({
  register: t.field({
    type: AuthPayloadRef,
    description: 'Creates an account and signs it in.',
    codes: [
      'BAD_USER_INPUT',
      'USERNAME_TAKEN, also for a reserved name or the name of a recently deleted account',
      'PASSWORDLESS_DISABLED',
      'RATE_LIMITED',
    ],
    args: { input: t.arg({ type: RegisterInput, required: true, description: 'The account.' }) },
    resolve: (_, { input }, context) => become(context, countSignIn(context, 'registration', register(context, input))),
  }),
  signIn: t.field({
    type: AuthPayloadRef,
    description: `Signs a registered user in. With ${limits.sessionsPerUserMax} live sessions the oldest ends.`,
    codes: ['BAD_USER_INPUT', 'BAD_CREDENTIALS', 'ACCOUNT_SUSPENDED', 'PASSWORDLESS_DISABLED', 'RATE_LIMITED'],
    args: { input: t.arg({ type: SignInInput, required: true, description: 'Username and password.' }) },
    resolve: (_, { input }, context) => become(context, countSignIn(context, 'password', signIn(context, input))),
  }),
  refreshSession: t.field({
    type: AuthPayloadRef,
    description:
      'Exchanges a refresh token for new tokens; no access token is needed. When the answer is lost, try again with the same token, however late: it is valid until one of its successors is exchanged. Using it after that ends the session.',
    codes: ['SESSION_EXPIRED', 'RATE_LIMITED'],
    args: { input: t.arg({ type: RefreshSessionInput, required: true, description: 'The refresh token.' }) },
    resolve: (_, { input }, context) =>
      become(context, countSignIn(context, 'refresh', refreshSession(context, input))),
  }),
}))
