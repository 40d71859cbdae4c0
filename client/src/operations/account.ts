import type {
  CurrentUserQuery,
  CurrentUserQueryVariables,
  RefreshMutation,
  RefreshMutationVariables,
  RegisterMutation,
  RegisterMutationVariables,
  ServerInfoQuery,
  ServerInfoQueryVariables,
  SignInAsGuestMutation,
  SignInAsGuestMutationVariables,
  SignInMutation,
  SignInMutationVariables,
  SignOutMutation,
  SignOutMutationVariables,
  UpgradeGuestMutation,
  UpgradeGuestMutationVariables,
} from '../generated/operations.ts'
import { define } from './define.ts'

const grantFields = /* GraphQL */ `
  fragment GrantFields on AuthPayload {
    accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt
    viewer { session { id } user { __typename id username displayName isGuest } }
  }`

/** Signs a registered user in. */
export const signInMutation = define<SignInMutation, SignInMutationVariables>(
  /* GraphQL */ `mutation SignIn($input: SignInInput!) { grant: signIn(input: $input) { ...GrantFields } }`,
  [grantFields],
)

/** Signs a new guest in. */
export const signInAsGuestMutation = define<SignInAsGuestMutation, SignInAsGuestMutationVariables>(
  /* GraphQL */ `mutation SignInAsGuest($input: SignInAsGuestInput!) { grant: signInAsGuest(input: $input) { ...GrantFields } }`,
  [grantFields],
)

/** Makes an account and signs it in. */
export const registerMutation = define<RegisterMutation, RegisterMutationVariables>(
  /* GraphQL */ `mutation Register($input: RegisterInput!) { grant: register(input: $input) { ...GrantFields } }`,
  [grantFields],
)

/** Makes a guest a registered user. */
export const upgradeGuestMutation = define<UpgradeGuestMutation, UpgradeGuestMutationVariables>(
  /* GraphQL */ `mutation UpgradeGuest($input: UpgradeGuestInput!) { grant: upgradeGuest(input: $input) { ...GrantFields } }`,
  [grantFields],
)

/** Exchanges a refresh token. */
export const refreshMutation = define<RefreshMutation, RefreshMutationVariables>(
  /* GraphQL */ `mutation Refresh($input: RefreshSessionInput!) { grant: refreshSession(input: $input) { ...GrantFields } }`,
  [grantFields],
)

/** Ends the session. */
export const signOutMutation = define<SignOutMutation, SignOutMutationVariables>(
  /* GraphQL */ `mutation SignOut { signOut { session { id } } }`,
)

/** Asks whose token it is. Fails where it is not good any more. */
export const currentUserQuery = define<CurrentUserQuery, CurrentUserQueryVariables>(
  /* GraphQL */ `query CurrentUser { viewer { user { __typename id username displayName isGuest } } }`,
)

/** Asks which server this is and what it allows. */
export const serverInfoQuery = define<ServerInfoQuery, ServerInfoQueryVariables>(/* GraphQL */ `
  query ServerInfo {
    server {
      name version guests passwordlessSignIn roomDeletion
      limits {
        attachmentsMax messageBytesMax messageLengthMax pageSizeMax requestBytesMax subscriptionsPerSocketMax uploadBytesMax
      }
    }
  }`)
