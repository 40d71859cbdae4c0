// Limits of the log. A part of config.ts.

/** Limits of the log. */
export const logLimits = {
  /** Time within which equal lines become one. */
  repeatMs: 1_000,
  /** Different lines that are remembered for that; further ones are written. */
  differentMax: 500,
  /** Characters by which lines are compared. */
  keyLengthMax: 500,
} as const
