// Numbers of rooms: a part of config.ts.

/** Times and bounds of what follows the deletion of a room. */
export const deletionLimits = {
  /** Deleted rooms are looked for this often. */
  everyMs: 5_000,
  /** The deleted rooms that one run takes. */
  roomsMax: 100,
  /** The members that one transaction takes out of a room: it locks as many topics. */
  membersPerWriteMax: 100,
  /** The rows that one statement removes. */
  rowsPerStatementMax: 1_000,
  /** What a room holds stays for so long, for streams that have not got so far. */
  keptMs: 60_000,
} as const

/** Times and bounds of rooms, of their list, and of what they are found under. */
export const roomLimits = {
  slugLengthMax: 64,
  regionCodeLengthMax: 32,
  discoveryNameLengthMax: 64,
  /** Categories are listed all at once. */
  categoriesMax: 200,
  /** The regions directly inside one are listed all at once, as are the roots. */
  regionsInsideMax: 500,
  /** How far the activity of a room may lie behind its newest message: a room is touched this often at the most. */
  activeAtStaleMs: 60_000,
  /** The rooms of which one statement looks up what a decision about somebody rests on. */
  factsPerLookupMax: 200,
} as const

/** Bounds of invitations into rooms, each with a test for one past it. */
export const invitationLimits = {
  /** Those that wait for one user. */
  waitingPerUserMax: 100,
  /** Those of one room that wait. */
  waitingPerRoomMax: 100,
  /** Those that one user makes in `windowMs`. */
  madeMax: 200,
  windowMs: 600_000,
  /** One that was not answered ends after so long. */
  days: 30,
} as const
