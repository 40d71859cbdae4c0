// Times and limits of rooms. A part of config.ts.

/** Times and limits of the cleanup after a room is deleted. */
export const deletionLimits = {
  /** Interval of the search for deleted rooms. */
  everyMs: 5_000,
  /** Maximum number of deleted rooms per run. */
  roomsMax: 100,
  /** Members that one transaction removes from a room: it locks one topic for each. */
  membersPerWriteMax: 100,
  /** Maximum number of rows that one statement deletes. */
  rowsPerStatementMax: 1_000,
  /** Time that the content of a deleted room is kept, for streams that are behind. */
  keptMs: 60_000,
  /** Longest time that the content of a deleted room is kept while a report of it is open: the owner cannot hide abuse. */
  reportedKeptMs: 90 * 86_400_000,
} as const

/** Times and limits of rooms, of the room list, and of categories and regions. */
export const roomLimits = {
  slugLengthMax: 64,
  regionCodeLengthMax: 32,
  discoveryNameLengthMax: 64,
  categoryDescriptionLengthMax: 500,
  /** Members whose names are the title of a group without a name. */
  titleNamesMax: 4,
  /** Rooms that a user pins to the top of their list. */
  pinnedRoomsMax: 100,
  /** Seconds after which messages of a room end by themselves: the least and the most, a year. */
  messageSecondsMin: 5,
  messageSecondsMax: 31_536_000,
  /** Categories: they are listed without pages. */
  categoriesMax: 200,
  /** Regions directly inside one, and roots: they are listed without pages. */
  regionsInsideMax: 500,
  /** How far the activity time of a room may lag behind its newest message: the minimum interval of its updates. */
  activeAtStaleMs: 60_000,
  /** Rooms whose access facts one statement reads. */
  factsPerLookupMax: 200,
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

/** Limits of deleting many messages of one author. */
export const erasingLimits = {
  /** Messages that one call deletes. */
  messagesMax: 1_000,
  /** Messages that one transaction deletes. */
  messagesPerWriteMax: 100,
  /** How many hours a ban may delete messages of. */
  purgeHoursMax: 168,
} as const

/** Times and limits of deleting messages that have expired. */
export const expiryLimits = {
  /** Interval of the search for them; they are shown as deleted before. */
  everyMs: 3_000,
  /** Maximum number of messages per read. */
  messagesPerReadMax: 100,
} as const
