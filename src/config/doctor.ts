// Thresholds of `/readyz` and `kabar doctor`, and steps of `kabar verify`. A part of config.ts.

/** Thresholds at which `doctor` reports a problem. */
export const doctorLimits = {
  /** Free space that the disk of KABAR_DATA needs. */
  diskFreeBytesMin: 1_073_741_824,
  /** Maximum usage of the notification queue: it fills up when a listener stops reading. */
  queueUsageMax: 0.1,
  /** Maximum lag of a standby: this much is lost when the primary's machine is lost. */
  standbyLagBytesMax: 67_108_864,
  /** Time in which a replica must reach the present state of the primary. */
  replicaMs: 3_000,
  /** Interval at which it is asked. */
  replicaPollMs: 25,
  /** Time after which a notification counts as lost. */
  notificationMs: 3_000,
  /** Time to connect, after which the database counts as unreachable. */
  connectMs: 5_000,
  /** Rooms and users whose newest events are verified. */
  verifiedTopics: 50,
  /** Their newest events. */
  verifiedEvents: 200,
} as const

/** Sizes of the steps of `kabar verify`. */
export const verifyLimits = {
  /** Rooms and users that one statement reads. */
  topicsPerRead: 50,
  /** Events of each. */
  eventsPerRead: 1_000,
  /** Breaks that are printed; the others are counted. */
  breaksShownMax: 20,
} as const

/** Thresholds at which `/readyz` reports a problem of a running server. */
export const healthLimits = {
  /** Interval over which the lag of the event loop is measured. */
  loopLagWindowMs: 10_000,
  /** Maximum lag of the event loop, for 99 % of that time. */
  loopLagMsMax: 500,
  /** Maximum part of the queue of sends that is used, from 0 to 1. */
  sendQueueUsageMax: 0.8,
} as const
