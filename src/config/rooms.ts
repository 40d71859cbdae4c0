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

/** Limits of the settings of a room. */
export const roomSettingLimits = {
  roomNameLengthMax: 80,
  roomDescriptionLengthMax: 1_000,
  roomPasswordLengthMax: 256,
  slowModeSecondsMax: 21_600,
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
