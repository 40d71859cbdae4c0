// Operations on the viewer's account besides the store, with the types of their answers.

/** Changes what the viewer says of themselves. */
export const updateProfileMutation = `mutation UpdateProfile($input: UpdateProfileInput!) {
  updateProfile(input: $input) { viewer { user { id } } }
}`

/** Changes the password and ends all other sessions. */
export const changePasswordMutation = `mutation ChangePassword($input: ChangePasswordInput!) {
  changePassword(input: $input) {
    accessToken refreshToken viewer { user { id username displayName isGuest } }
  }
}`

/** The answer of changePasswordMutation. */
export interface ChangePasswordData {
  readonly changePassword: {
    readonly accessToken: string
    readonly refreshToken: string
    readonly viewer: {
      readonly user: {
        readonly id: string
        readonly username: string | null
        readonly displayName: string
        readonly isGuest: boolean
      }
    }
  }
}

/** Ends a session. */
export const revokeSessionMutation = `mutation RevokeSession($input: RevokeSessionInput!) {
  revokeSession(input: $input) { session { id } }
}`

/** Begins an export. */
export const requestDataExportMutation = `mutation RequestDataExport($input: RequestDataExportInput!) {
  requestDataExport(input: $input) { export { id } }
}`

/** Deletes the account for ever. */
export const deleteAccountMutation = `mutation DeleteAccount($input: DeleteAccountInput!) {
  deleteAccount(input: $input) { user { id } }
}`

/** Tells whether the viewer is an operator. */
export const isOperatorQuery = 'query IsOperator { viewer { isOperator } }'

/** The answer of isOperatorQuery. */
export interface IsOperatorData {
  readonly viewer: { readonly isOperator: boolean }
}
