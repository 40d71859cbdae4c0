// Times and limits of messages. A part of config.ts.

/** Limits of messages, mentions, reactions, pins, saved messages and reports. */
export const messageLimits = {
  messageLengthMax: 4_000,
  messageBytesMax: 16_384,
  nonceLengthMax: 64,
  attachmentsMax: 10,
  /** Users that a message can mention by name or by a reply; further names are plain text. */
  mentionsMax: 20,
  /** Opening brackets of a body that may begin a link when mentions are looked for. */
  linksParsedMax: 100,
  /** Members whose names are in a body, of which those that can be mentioned are found. */
  mentionsLookedAtMax: 100,
  /** Members whom `@everyone` or `@here` notifies: in larger rooms `@everyone` counts as a mention, without an event. */
  groupMentionsMax: 100,
  /** Earlier texts that are kept of a message: the latest. */
  editsKeptMax: 100,
  /** Different emojis among the reactions to a message. */
  reactionKindsMax: 50,
  /** Messages that a user saves for themselves. */
  savedMax: 1_000,
  /** Pinned messages of a room. */
  pinnedMax: 50,
  reportReasonLengthMax: 1_000,
  /** Open reports that are counted for operators. */
  openReportsCountedMax: 1_000,
  /** Open reports that the command line lists at once. */
  reportsShownMax: 100,
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
