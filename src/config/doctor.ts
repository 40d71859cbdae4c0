// The bounds of `kabar doctor`: a part of config.ts.

/** From where on `doctor` finds fault. */
export const doctorLimits = {
  /** How far the clocks of this machine and of the database may be apart. */
  clockDifferenceMsMax: 2_000,
  /** What has to be free on the disk of KABAR_DATA. */
  diskFreeBytesMin: 1_073_741_824,
  /** The part of the queue of notifications that may be full: what reads it has stopped when it fills up. */
  queueUsageMax: 0.1,
  /** How far a standby may be behind: so much is lost with the primary's machine. */
  standbyLagBytesMax: 67_108_864,
  /** A notification that takes longer is taken for lost. */
  notificationMs: 3_000,
  /** A database that takes longer to let us in is taken for away. */
  connectMs: 5_000,
} as const
