// Times and limits of the search of messages, and of its index. A part of config.ts.

/** Times and limits of the chore that indexes messages. */
export const searchLimits = {
  /** Interval of the search for messages that have to be indexed. */
  indexEveryMs: 60_000,
  /** Messages that one statement indexes. Their words are split at once: some milliseconds each for the worst. */
  messagesPerWriteMax: 50,
} as const

/** Limits of a search. */
export const searchQueryLimits = {
  /** Characters of a search: as long as a link that is searched for. */
  searchLengthMax: 1_000,
  /** Words of a search, and of each phrase in it, that are looked up in the index: the longest. */
  searchLookupsMax: 6,
  /** Rooms of a user that a search over all rooms covers. */
  searchedRoomsMax: 500,
  /** Matches of a search that are read and sorted. With more, the search walks back from the newest message. */
  searchMatchesMax: 5_000,
  /** How far a search walks back before it uses the index: messages passed, and bytes of their words. */
  searchSample: { rowsMax: 10_000, bytesMax: 8 * 1_048_576 },
  /** How far it walks back when the index has too many matches: then the page ends, and the next one continues. */
  searchWalk: { rowsMax: 50_000, bytesMax: 16 * 1_048_576 },
  /** With more messages than this, a sample from positions spread over all of them estimates the number of matches. */
  searchProbe: { messagesMin: 50_000, places: 200 },
} as const
