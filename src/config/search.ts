// Times and limits of the search index. A part of config.ts.

/** Times and limits of the chore that indexes messages. */
export const searchLimits = {
  /** Interval of the search for messages that have to be indexed. */
  indexEveryMs: 60_000,
  /** Messages that one statement indexes. Their words are split at once: some milliseconds each for the worst. */
  messagesPerWriteMax: 50,
} as const
