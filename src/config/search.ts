// Times and limits of the search index. A part of config.ts.

/** Times and limits of the chore that indexes messages. */
export const searchLimits = {
  /** Interval of the search for messages that have to be indexed. */
  indexEveryMs: 60_000,
  /** Messages that one statement indexes. */
  messagesPerWriteMax: 500,
} as const
