// The numbers of presence: a part of config.ts.

/** Times and bounds of presence and visits. Tests shorten them; operators have no reason to. */
export const presenceDefaults = {
  /** What a server says of who is here holds for so long after the last renewal. */
  leaseMs: 30_000,
  /** A server renews its lease this often: one row, however many are here. */
  renewMs: 10_000,
  /** Expired leases are looked for this often. */
  clearMs: 8_000,
  /** Visits that are too old are looked for this often. */
  oldVisitsEveryMs: 3_600_000,
  /** The leases that one statement clears away. */
  leasesPerClearMax: 10,
  /** Who comes and goes is written together after this. */
  writeWaitMs: 100,
  /** What could not be written or read is tried again after this. */
  retryMs: 1_000,
  /** Who comes back within this has not been away. */
  lingerMs: 3_000,
  /** Who does nothing for so long is AWAY. */
  idleMs: 600_000,
  /** How often a server looks for those. */
  idleCheckMs: 30_000,
  /** A server that is asked by a user who is not connected to it tells the others so at most this often. */
  activeToldMs: 60_000,
  /** The rows that one statement writes. */
  rowsPerWriteMax: 1_000,
  /** The ended visits that wait for a database that is away; one more drops the oldest. */
  visitsWaitingMax: 10_000,
  /** The number of those who are here is read again after this, for each room that is asked for. */
  onlineCountMs: 5_000,
  /** The rooms whose number a server keeps. */
  onlineCountsMax: 10_000,
  /** The rooms of a user that are told of their coming and going, each of at most so many members. */
  roomsToldMax: 100,
  roomMembersToldMax: 500,
  /** A viewer is told at each server that something is new in one room at most this often. */
  advanceMs: 1_000,
  /** What came so shortly before a stream or a membership began is told of too: a client may have read before it came. */
  advanceNewsMs: 10_000,
  /** Rooms that were rung are looked at together after this. */
  advanceWaitMs: 250,
  /** The hints of new messages that are told at once, and the pause after them, in which others have their turn. */
  advancesPerTurnMax: 50,
  advancePauseMs: 25,
  /** The rooms of a viewer that a stream hears of: those that were active last. */
  roomsFollowedMax: 1_000,
  /** The hints of new messages that may wait to be told; one more is lost. */
  advancesWaitingMax: 10_000,
  /** The friends that are told. */
  friendsToldMax: 500,
} as const

/** Bounds of what removes old visits. */
export const oldVisitsLimits = {
  /** The visits that one statement removes. */
  rowsPerStatementMax: 1_000,
} as const

/** Numbers of presence, overridable in tests. */
export type PresenceConfig = { readonly [K in keyof typeof presenceDefaults]: number }
