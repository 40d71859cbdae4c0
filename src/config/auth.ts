// Times and limits of sign-in, sessions and tokens. A part of config.ts.

/** Limits of passwords and sessions. */
export const credentialLimits = {
  passwordLengthMin: 8,
  passwordLengthMax: 256,
  userAgentLengthMax: 256,
  sessionsPerUserMax: 100,
} as const

/** Times and limits of sign-in. */
export const signInLimits = {
  /** Maximum length of an access token; a longer one is refused unread. */
  accessTokenLengthMax: 2_048,
  /** Maximum length of a refresh token, and of a username as typed; a longer one is refused unread. */
  refreshTokenLengthMax: 256,
  typedUsernameLengthMax: 256,
  /** Verified access tokens that a server caches. */
  verifiedTokensMax: 10_000,
  /** Sessions whose state a server caches for `sessionSweepMs`. */
  knownSessionsMax: 50_000,
  /** Maximum number of sessions per lookup. */
  sessionsPerLookupMax: 1_000,
  /** Tabs that exchange one refresh token within this each keep their new tokens; a later retry replaces the lost ones. */
  refreshRetryMs: 10_000,
  /** Tries of a sign-in during which the password changes. */
  signInTriesMax: 3,
  /**
   * A failed sign-in answers after this, plus its time in the queue, so that timing does not reveal what was checked.
   *
   * It is twice the time of the most expensive imported hash on a usual machine.
   */
  signInFailureMs: 1_000,
  /** Passwords hashed or compared at a time: each takes a core, and a thread of a pool of four. */
  hashesAtOnceMax: 3,
  /** Passwords that wait to be hashed or compared; more are refused with SERVICE_UNAVAILABLE. */
  hashesWaitingMax: 100,
  /**
   * Maximum cost of imported password hashes: the cost of bcrypt, and KiB, passes and threads of argon2id.
   *
   * Both take about half a second at most. The work of argon2id is its KiB times its passes: here 256 MiB in 3 passes.
   */
  bcryptCostMax: 13,
  argonWorkMax: 786_432,
  argonMemoryKibMax: 262_144,
  argonPassesMax: 10,
  argonThreadsMax: 16,
  /** Accounts that one transaction of an import adds. */
  importBatchMax: 200,
  /** Bytes of one line of an import, and of a file that is one JSON array. */
  importLineBytesMax: 65_536,
  importFileBytesMax: 67_108_864,
  /** Time between publishing a new signing key and signing with it. */
  keyPublishedMs: 5 * 60_000,
  /** Age at which a signing key is replaced. */
  keyAgeMaxMs: 90 * 86_400_000,
  /** Maximum lifetime of access tokens in any configuration: a replaced key verifies for this long. */
  tokenAgeMaxMs: 86_400_000,
  /** Interval at which signing keys are reloaded. */
  keyReloadMs: 60_000,
  /** Minimum interval of reloads that an unknown key causes. */
  keyReloadMinMs: 1_000,
} as const
