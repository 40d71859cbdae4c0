// How long work on the command line shows its progress. A part of config.ts.

/** When and how progress is shown. */
export const progressLimits = {
  /** Time between two drawings of the bar on a terminal. */
  drawMs: 200,
  /** Time between two lines in a pipe or a file. */
  lineMs: 10_000,
  /** Time before the first estimate: an earlier one would jump. */
  estimateMs: 1_000,
  /** Characters of the bar. */
  barLength: 20,
} as const
