// The things of a chat as the store holds them: the selections of operations/, typed from schema.graphql.

import type {
  ErrorCode,
  ExportFieldsFragment,
  FriendshipFieldsFragment,
  GrantFieldsFragment,
  InvitationFieldsFragment,
  MediaFieldsFragment,
  MemberFieldsFragment,
  OwnMessageFieldsFragment,
  RoomFieldsFragment,
  ServerInfoQuery,
  SessionFieldsFragment,
  SummaryFieldsFragment,
  UserFieldsFragment,
  ViewerInRoomFieldsFragment,
} from '../generated/operations.ts'

/** A person. */
export type User = UserFieldsFragment

/** A file that somebody uploaded. */
export type Media = MediaFieldsFragment

/** A message as the server holds it. */
export type StoredMessage = OwnMessageFieldsFragment

/** A room and its settings. */
export type RoomFields = RoomFieldsFragment

/** A member of a room. `mutedUntil` is null where it is not for the viewer to see. */
export type Member = MemberFieldsFragment & {
  /** Until when the member may not write. */
  readonly mutedUntil: string | null
}

/** The viewer as a member of a room, with unread counts. */
export type ViewerMembership = NonNullable<ViewerInRoomFieldsFragment['viewerMembership']>

/** A room of the viewer's list, with its last message and unread counts. */
export type RoomSummary = SummaryFieldsFragment

/** A friendship, or the request for one. */
export type Friendship = FriendshipFieldsFragment

/** An invitation of the viewer into a room, to be accepted or declined. */
export type RoomInvitation = InvitationFieldsFragment

/** One sign-in of the viewer on one device. */
export type DeviceSession = SessionFieldsFragment

/** An export of what the server holds about the viewer. */
export type DataExport = ExportFieldsFragment

/** The server's version, features and limits. */
export type ServerInfo = ServerInfoQuery['server']

/** The signed-in user, as far as the session knows. */
export type SessionUser = GrantFieldsFragment['viewer']['user']

/** Tells whether the viewer may do something now, and if not, why. */
export interface Permission {
  /** True if it is allowed. */
  readonly allowed: boolean
  /** The code that the attempt would fail with; null when it is allowed. */
  readonly code: ErrorCode | null
  /** Milliseconds after which it may be allowed; null when waiting alone does not help. */
  readonly retryAfterMs: number | null
}

/** The viewer's permissions in a room. */
export type RoomPermissions = {
  readonly [Action in keyof ViewerInRoomFieldsFragment['viewerCan']]: Permission
}

export type { ErrorCode }
