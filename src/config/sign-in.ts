// The bounds of sign-in: a part of config.ts.

/** Times and bounds of sign-in. */
export const signInLimits = {
  /** Longer access tokens are refused unread. */
  accessTokenLengthMax: 2_048,
  /** Longer refresh tokens, and usernames as they are typed, are refused unread. */
  refreshTokenLengthMax: 256,
  typedUsernameLengthMax: 256,
  /** The verified access tokens that a server remembers. */
  verifiedTokensMax: 10_000,
  /** The sessions whose end a server remembers for `sessionSweepMs`. */
  knownSessionsMax: 50_000,
  /** The sessions that one statement looks up. */
  sessionsPerLookupMax: 1_000,
  /** Tabs that exchange one refresh token within this each keep what they got; a later retry replaces what was lost. */
  refreshRetryMs: 10_000,
  /** A sign-in that crosses a change of the password compares again, so often at the most. */
  signInTriesMax: 3,
  /**
   * A failed sign-in answers after this, and what it waited in the queue, so that its time does not tell what was checked.
   *
   * It is twice what the dearest hash of an import takes on a usual machine.
   */
  signInFailureMs: 1_000,
  /** Passwords that are hashed or compared at a time: each takes a core, and a thread of a pool of four. */
  hashesAtOnceMax: 3,
  /** Passwords that wait to be hashed or compared; more are refused with SERVICE_UNAVAILABLE. */
  hashesWaitingMax: 100,
  /**
   * What the hashes of imported accounts may cost to compare: the cost of bcrypt, and KiB, passes and threads of argon2id.
   *
   * Both take about half a second at most. The work of argon2id is its KiB times its passes: here 256 MiB in 3 passes.
   */
  bcryptCostMax: 13,
  argonWorkMax: 786_432,
  argonMemoryKibMax: 262_144,
  argonPassesMax: 10,
  argonThreadsMax: 16,
  /** The accounts that one transaction of an import adds. */
  importBatchMax: 200,
  /** Bytes of a line of an import, and of a file that is one JSON array. */
  importLineBytesMax: 65_536,
  importFileBytesMax: 67_108_864,
  /** A new signing key is known for so long before it signs. */
  keyPublishedMs: 5 * 60_000,
  /** A signing key is replaced after so long. */
  keyAgeMaxMs: 90 * 86_400_000,
  /** No access token, of any configuration, lives longer: a replaced key verifies for so long. */
  tokenAgeMaxMs: 86_400_000,
  /** Signing keys are read again this often. */
  keyReloadMs: 60_000,
  /** An unknown key makes them be read again, at most this often. */
  keyReloadMinMs: 1_000,
} as const
