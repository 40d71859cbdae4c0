/** Bounds of friends and blocks, each with a test for one past it. */
export const friendLimits = {
  friendsMax: 5_000,
  /** Unanswered requests that one user has sent. */
  requestsSentMax: 200,
  blocksMax: 1_000,
  /** The viewers with open streams whose blocks one statement looks up. */
  viewsPerLookupMax: 1_000,
} as const
