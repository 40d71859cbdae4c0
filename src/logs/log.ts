// Writes the log. Nothing is redacted: each line names the fields that it holds, an operation in http/operation-watch.ts,
// the start in server-description.ts, an unexpected error in graphql/errors.ts.

import pino, { type Logger } from 'pino'
import { type Clock, systemClock } from '../concurrency/clock.ts'
import { readableLine } from './readable.ts'
import { createRepeats } from './repeats.ts'

/** Where the lines of a log go, and how. */
export interface LogOptions {
  readonly level: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  /** JSON for machines; otherwise text for people. */
  readonly isJson: boolean
  readonly clock: Clock
  write(text: string): void
}

/** A log, and the end of it. */
export interface Log {
  readonly log: Logger
  /** Writes the counts of lines that were held back. */
  flush(): void
}

/** Creates the log of one process. Equal lines are counted instead of repeated. */
export function createLog({ level, isJson, clock, write }: LogOptions): Log {
  const { logMethod, flush } = createRepeats(clock)
  const stream = { write: (line: string) => write(isJson ? line : readableLine(line)) }
  return { log: pino({ name: 'kabar', level, hooks: { logMethod } }, stream), flush }
}

/** Creates the log on stderr. Lines are written at once, so that a crash loses none. */
export function createStderrLog({ level, isJson }: Pick<LogOptions, 'level' | 'isJson'>): Log {
  const stderr = pino.destination({ fd: 2, sync: true })
  return createLog({ level, isJson, clock: systemClock, write: (text) => void stderr.write(text) })
}
