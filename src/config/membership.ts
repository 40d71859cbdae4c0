// Limits of membership. A part of config.ts.

/** Limits of members, invites, bans, mutes, watermarks and unread counts. */
export const membershipLimits = {
  roomMembersMax: 100_000,
  membersAddedMax: 100,
  inviteCodeLengthMax: 64,
  inviteUsesMax: 1_000,
  inviteDaysMax: 3_650,
  /** Usable invites: not expired, not used up. */
  invitesPerRoomMax: 100,
  banReasonLengthMax: 500,
  banDaysMax: 3_650,
  muteDaysMax: 365,
  /** Rooms whose watermarks a server caches. */
  floorsKeptMax: 10_000,
  /** Members per room that it caches, the slowest ones, both for reading and for receiving. */
  slowestKeptMax: 32,
  /** Maximum count of unread mentions in a room: the newest. */
  mentionsCountedMax: 1_000,
  /** Among how many of the newest unread messages own ones, and those by blocked users, are not counted. */
  unreadSiftedMax: 1_000,
} as const

/** Limits of receipts. */
export const receiptLimits = {
  /** Time within which a change of who shows receipts is committed: several statements. */
  changeMs: 15_000,
  /** Users who changed it since a room was searched, of whom each is looked up; with one more the room is searched again. */
  changesMax: 100,
} as const

/** Limits of invitations into rooms. Each has a test for one past it. */
export const invitationLimits = {
  /** Pending invitations of one user. */
  waitingPerUserMax: 100,
  /** Pending invitations of one room. */
  waitingPerRoomMax: 100,
  /** Invitations that one user creates in `windowMs`. */
  madeMax: 200,
  windowMs: 600_000,
  /** Time after which an unanswered invitation expires. */
  days: 30,
} as const
