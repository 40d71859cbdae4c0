// Numbers of accounts that end: a part of config.ts.

/** Times and bounds of what follows the deletion of an account. */
export const accountDeletionLimits = {
  /** Deleted accounts are looked for this often. */
  everyMs: 5_000,
  /** The deleted accounts that one run takes. */
  accountsMax: 1_000,
  /** The rooms that are left before deleteAccount answers; all others follow. */
  roomsAtOnceMax: 50,
  /** The rooms that are read at a time. */
  roomsPerReadMax: 100,
  /** The friends that one transaction tells: it locks as many topics, and one more. */
  friendsPerWriteMax: 99,
  /** The rows that one statement removes. */
  rowsPerStatementMax: 1_000,
  /** What was already on its way when the account was deleted has come by then; it is looked at once more. */
  settledMs: 60_000,
} as const
