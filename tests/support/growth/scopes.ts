// Bounds of what a limit admits, by the scope that shares it.

/** Bytes that may be held, and milliseconds of a core that may be taken. */
export interface Budget {
  readonly bytes: number
  readonly ms: number
}

const kib = 1_024
const mib = 1_048_576

/** The most that one limit may come to, by what it bounds. */
export const budgets = {
  /** One text or row, as it is stored. */
  text: { bytes: 64 * kib, ms: 5 },
  /** One operation, from its text to its answer. */
  operation: { bytes: 12 * mib, ms: 250 },
  /** One statement or transaction, with its rows. */
  statement: { bytes: 16 * mib, ms: 500 },
  /** One connection. */
  connection: { bytes: 5 * mib, ms: 250 },
  /** Everything that one user or address holds or waits for. */
  user: { bytes: 32 * mib, ms: 2_000 },
  /** Everything that a server holds or waits for in one place, for all clients together. */
  server: { bytes: 160 * mib, ms: 5_000 },
  /** The processes that decode images, beside the server. */
  images: { bytes: 1_400 * mib, ms: 60_000 },
  /** The command line, which has a process of its own. */
  'command line': { bytes: 256 * mib, ms: 60_000 },
} as const satisfies Record<string, Budget>

/** One of the things that are bounded. */
export type Scope = keyof typeof budgets

/** The cost of one of the things that a limit counts, at most. */
export interface Weight {
  readonly scope: Scope
  readonly bytes: number
  readonly ms: number
}

/** Weighs one of what a limit counts. */
export const weighs = (scope: Scope, bytes: number, ms = 0): Weight => ({ scope, bytes, ms })

/** A number that holds and takes nothing: it divides, compares, or says how often something is tried. */
export const weighsNothing = weighs('text', 0)
