// Times and limits of presence, visits and room activity. A part of config.ts.

/** Times and limits of presence and visits. Tests shorten them; operators have no reason to. */
export const presenceDefaults = {
  /** Lifetime of a server's lease after its last renewal: its users count as connected until then. */
  leaseMs: 30_000,
  /** Interval at which a server renews its lease: one row, for any number of users. */
  renewMs: 10_000,
  /** Interval of the search for expired leases. */
  clearMs: 8_000,
  /** Interval of the search for old visits. */
  oldVisitsEveryMs: 3_600_000,
  /** Expired leases that one statement removes. */
  leasesPerClearMax: 10,
  /** Delay after which connects and disconnects are written together. */
  writeWaitMs: 100,
  /** Delay before a failed read or write is retried. */
  retryMs: 1_000,
  /** Grace period: reconnecting within it does not count as leaving. */
  lingerMs: 3_000,
  /** Time without activity after which a user is AWAY. */
  idleMs: 600_000,
  /** Interval of the search for idle users. */
  idleCheckMs: 30_000,
  /** Minimum interval of activity notices for a user whose sockets are on other servers. */
  activeToldMs: 60_000,
  /** Interval at which the last activity of users without a socket is written. */
  seenWriteMs: 30_000,
  /** Users whose last activity waits to be written; that of one more is dropped. */
  seenWaitingMax: 10_000,
  /** Maximum number of rows that one statement writes. */
  rowsPerWriteMax: 1_000,
  /** Ended visits that wait while the database is unreachable; one more drops the oldest. */
  visitsWaitingMax: 10_000,
  /** Time for which the online count of a room is cached. */
  onlineCountMs: 5_000,
  /** Rooms whose online count a server caches. */
  onlineCountsMax: 10_000,
  /** Rooms that are notified when a user connects or disconnects, and the maximum number of members of such a room. */
  roomsToldMax: 100,
  roomMembersToldMax: 500,
  /** Minimum interval of activity hints about one room, for a viewer on one server. */
  advanceMs: 1_000,
  /** Activity this shortly before a stream or a membership began is reported too: the client may have read before it. */
  advanceNewsMs: 10_000,
  /** Delay after which rooms with rings are read together. */
  advanceWaitMs: 250,
  /** Hints about new messages sent in one turn, and the pause after them, which lets other work run. */
  advancesPerTurnMax: 50,
  advancePauseMs: 25,
  /** Rooms of a viewer that a stream reports activity of: the most recently active. */
  roomsFollowedMax: 1_000,
  /** Hints about new messages that may wait; one more is dropped. */
  advancesWaitingMax: 10_000,
  /** Friends that are notified. */
  friendsToldMax: 500,
} as const

/** Times and limits of typing notices. */
export const typingLimits = {
  /** Time for which a typing notice counts. */
  typingMs: 6_000,
  /** Users that TypingChanged lists. */
  typingUsersMax: 20,
} as const

/** Limits of the chore that removes old visits. */
export const oldVisitsLimits = {
  /** Visits that one statement deletes. */
  rowsPerStatementMax: 1_000,
} as const

/** Settings of presence, overridable in tests. */
export type PresenceConfig = { readonly [K in keyof typeof presenceDefaults]: number }
