/** Limits of friends and blocks. Each has a test for one past it. */
export const friendLimits = {
  friendsMax: 5_000,
  /** Pending friend requests that one user has sent. */
  requestsSentMax: 200,
  blocksMax: 1_000,
  /** Viewers with open streams whose blocks one statement reads. */
  viewsPerLookupMax: 1_000,
} as const
