// The queries and mutations of operators, with the types of the answers.

/** A page of a list. */
export interface PageData<Node> {
  readonly nodes: readonly Node[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

const pageInfo = 'pageInfo { hasNextPage endCursor }'
const name = 'id username displayName isGuest'
const account = `${name} isOperator email emailVerifiedAt createdAt lastSeenAt suspendedAt deletedAt roomCount mediaBytes`
const room = 'id code name kind access memberCount createdAt activeAt archivedAt'

/** Somebody whom operators only read about. */
export interface NamedUser {
  readonly id: string
  readonly username: string | null
  readonly displayName: string
  readonly isGuest: boolean
}

/** An account as operators see it. */
export interface Account extends NamedUser {
  readonly isOperator: boolean
  readonly email: string | null
  readonly emailVerifiedAt: string | null
  readonly createdAt: string
  readonly lastSeenAt: string | null
  readonly suspendedAt: string | null
  readonly deletedAt: string | null
  readonly roomCount: number
  readonly mediaBytes: number
}

/** A room as operators see it. */
export interface OperatorRoom {
  readonly id: string
  readonly code: string
  readonly name: string | null
  readonly kind: 'GROUP' | 'DIRECT'
  readonly access: 'OPEN' | 'PASSWORD' | 'INVITE'
  readonly memberCount: number
  readonly createdAt: string
  readonly activeAt: string
  readonly archivedAt: string | null
}

/** Reads open reports. */
export const reportsQuery = `query OperatorReports($withModerated: Boolean, $after: String) {
  operator {
    reports(first: 20, withModerated: $withModerated, after: $after) {
      nodes { id body reason createdAt attachments { id name mimeType bytes url } author { ${name} isOperator suspendedAt } reporter { ${name} } room { id name code kind } }
      ${pageInfo}
    }
  }
}`

/** A file of a reported message. */
export interface ReportedFile {
  readonly id: string
  readonly name: string
  readonly mimeType: string
  readonly bytes: number
  readonly url: string
}

/** An open report. */
export interface OpenReport {
  readonly id: string
  readonly body: string | null
  readonly reason: string
  readonly createdAt: string
  readonly attachments: readonly ReportedFile[]
  readonly author: (NamedUser & Pick<Account, 'isOperator' | 'suspendedAt'>) | null
  readonly reporter: NamedUser
  readonly room: Pick<OperatorRoom, 'id' | 'name' | 'code' | 'kind'>
}

/** The answer of reportsQuery. */
export interface ReportsData {
  readonly operator: { readonly reports: PageData<OpenReport> } | null
}

/** Marks a report as resolved. */
export const resolveAnyReportMutation = `mutation ResolveAnyReport($input: ResolveAnyReportInput!) {
  resolveAnyReport(input: $input) { reportId }
}`

/** Deletes a reported message. */
export const deleteReportedMessageMutation = `mutation DeleteReportedMessage($input: DeleteReportedMessageInput!) {
  deleteReportedMessage(input: $input) { reportId }
}`

/** Finds accounts. */
export const accountsQuery = `query OperatorUsers($search: String, $isSuspended: Boolean, $after: String) {
  operator {
    users(first: 30, search: $search, isSuspended: $isSuspended, after: $after) { nodes { ${account} } ${pageInfo} }
  }
}`

/** The answer of accountsQuery. */
export interface AccountsData {
  readonly operator: { readonly users: PageData<Account> } | null
}

const change = (name: string, input: string, more = '') =>
  `mutation ${input.replace('Input', '')}($input: ${input}!) { result: ${name}(input: $input) { user { ${account} }${more} } }`

/** Suspends an account. */
export const suspendUserMutation = change('suspendUser', 'SuspendUserInput')

/** Restores an account. */
export const restoreUserMutation = change('restoreUser', 'RestoreUserInput')

/** Signs an account out everywhere. */
export const endUserSessionsMutation = change('endUserSessions', 'EndUserSessionsInput')

/** Deletes an account for ever. */
export const deleteUserAccountMutation = change('deleteUserAccount', 'DeleteUserAccountInput')

/** Gives an account a new password. */
export const resetUserPasswordMutation = change('resetUserPassword', 'ResetUserPasswordInput', ' password')

/** The answer of the mutations on an account. */
export interface ChangedData {
  readonly result: { readonly user: Account; readonly password?: string }
}

/** Finds a room by its code. */
export const roomByCodeQuery = `query OperatorRoom($code: String!) { operator { room(code: $code) { ${room} } } }`

/** The answer of roomByCodeQuery. */
export interface RoomByCodeData {
  readonly operator: { readonly room: OperatorRoom | null } | null
}

/** Reads the rooms that all members left. */
export const abandonedRoomsQuery = `query AbandonedRooms($after: String) {
  operator { abandonedRooms(first: 30, after: $after) { nodes { ${room} } ${pageInfo} } }
}`

/** The answer of abandonedRoomsQuery. */
export interface AbandonedRoomsData {
  readonly operator: { readonly abandonedRooms: PageData<OperatorRoom> } | null
}

/** Gives a room another owner. */
export const handOverRoomMutation = `mutation HandOverRoom($input: HandOverRoomInput!) {
  handOverRoom(input: $input) { room { id } }
}`

/** Reads the size of the deployment. */
export const figuresQuery = `query OperatorFigures {
  operator { figures { users rooms messages openReports servers databaseBytes } }
}`

/** The answer of figuresQuery. */
export interface FiguresData {
  readonly operator: {
    readonly figures: Readonly<
      Record<'users' | 'rooms' | 'messages' | 'openReports' | 'servers' | 'databaseBytes', number>
    >
  } | null
}

/** Reads security events. */
export const auditQuery = `query Audit($filter: AuditFilter, $after: String) {
  operator {
    auditEvents(first: 30, filter: $filter, after: $after) {
      nodes { id at kind detail address times actor { ${name} } user { ${name} } room { id name code kind } }
      ${pageInfo}
    }
  }
}`

/** The kinds of security events. */
export const auditKinds = [
  'SIGNED_IN',
  'SIGN_IN_REFUSED',
  'REFRESH_TOKEN_REUSED',
  'SESSION_ENDED',
  'RATE_LIMITED',
  'PASSWORD_CHANGED',
  'CONTACT_VERIFIED',
  'ROLE_CHANGED',
  'MEMBER_BANNED',
  'MEMBER_UNBANNED',
  'MEMBER_MUTED',
  'MEMBER_UNMUTED',
  'ROOM_DELETED',
  'ACCOUNT_DELETED',
  'EXPORT_REQUESTED',
  'EXPORT_ENDED',
  'MESSAGE_REPORTED',
  'REPORT_RESOLVED',
  'USER_SUSPENDED',
  'USER_RESTORED',
  'OPERATOR_ADDED',
  'OPERATOR_REMOVED',
  'KEYS_ROTATED',
  'COMMAND_RUN',
] as const

/** A security event. */
export interface AuditEntry {
  readonly id: string
  readonly at: string
  readonly kind: (typeof auditKinds)[number]
  readonly detail: string | null
  readonly address: string | null
  readonly times: number
  readonly actor: NamedUser | null
  readonly user: NamedUser | null
  readonly room: Pick<OperatorRoom, 'id' | 'name' | 'code' | 'kind'> | null
}

/** The answer of auditQuery. */
export interface AuditData {
  readonly operator: { readonly auditEvents: PageData<AuditEntry> } | null
}
