// Shows how far long work on the command line is: a bar with an estimate on a terminal, and a line now and then elsewhere.

import { progressLimits } from '../config/progress.ts'

/** How far a work is, in any unit. */
export interface Step {
  readonly done: number
  /** All there is to do; unknown when omitted. */
  readonly total?: number
  /** A number that says more than percents, such as `1,200 rows`. */
  readonly count?: string
}

/** The progress that long work reports to. */
export interface Progress {
  /** Tells how far it is. Cheap: call it for every item. */
  report(step: Step): void
  /** Prints a line to stderr, above the bar. */
  say(line: string): void
}

/** A place to show progress, and its clock: stderr, unless a test gives another. */
export interface Screen {
  readonly isTTY?: boolean
  write(text: string): unknown
  now?(): number
}

const clear = '\r\u001b[K'

/** Runs a work, and shows on stderr how far it is. Short work shows nothing in a pipe. */
export async function withProgress<T>(
  title: string,
  work: (progress: Progress) => Promise<T>,
  screen: Screen = process.stderr,
): Promise<T> {
  const { drawMs, lineMs } = progressLimits
  const now = screen.now ?? Date.now
  const startedAt = now()
  let shownAt = screen.isTTY ? Number.NEGATIVE_INFINITY : startedAt
  const report = (step: Step) => {
    const at = now()
    if (at - shownAt < (screen.isTTY ? drawMs : lineMs)) return
    shownAt = at
    const text = describeStep(step, at - startedAt)
    screen.write(screen.isTTY ? `${clear}${title} ${barOf(step)}${text}` : `${title}: ${text}\n`)
  }
  const say = (line: string) => {
    if (screen.isTTY) screen.write(clear)
    console.error(line)
  }
  try {
    return await work({ report, say })
  } finally {
    if (screen.isTTY) screen.write(clear)
  }
}

/** Describes a step, such as `62 %, 12,300 rows, 8 s left`. */
function describeStep({ done, total, count }: Step, elapsedMs: number): string {
  const percent = total ? `${Math.floor(shareOf(done, total) * 100)} %` : null
  return [percent, count, timeLeft(done, total, elapsedMs)].filter(Boolean).join(', ')
}

/** The time that is left, at the pace until now; the time until now where the total is unknown. */
function timeLeft(done: number, total: number | undefined, elapsedMs: number): string | null {
  if (!total) return `${inWords(elapsedMs)} until now`
  if (done <= 0 || elapsedMs < progressLimits.estimateMs) return null
  return `${inWords((elapsedMs * Math.max(0, total - done)) / done)} left`
}

function inWords(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  if (seconds < 90) return `${seconds} s`
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}

function barOf({ done, total }: Step): string {
  if (!total) return ''
  const { barLength } = progressLimits
  const full = Math.round(shareOf(done, total) * barLength)
  return `${'█'.repeat(full)}${'░'.repeat(barLength - full)} `
}

/** Totals may be estimates. */
const shareOf = (done: number, total: number) => Math.min(1, done / total)
