// Compares two runs: `npm run bench -- --compare before.json after.json`.

import { readFileSync } from 'node:fs'
import type { Entry, Result } from './bench.ts'
import type { Machine } from './machine.ts'
import { entryOf } from './ratios.ts'
import { median, quantile } from './statistics.ts'

/** A run as its file has it. */
export interface Run {
  readonly results: readonly Result[]
  readonly machine?: Machine
  readonly versions?: Readonly<Record<string, string>>
  /** Milliseconds of one commit. */
  readonly commitMs?: number
  /** True if PostgreSQL was the embedded one. */
  readonly isOurs?: boolean
}

/** Reads the file of a run. */
export function readRun(path: string): Run {
  // written by this program
  return JSON.parse(readFileSync(path, 'utf8')) as Run
}

/**
 * Lists the figures whose medians moved by more than both runs vary by themselves, and by 3 % at least.
 *
 * @throws Error when there are not two runs.
 */
export function compareRuns([before, after]: readonly Run[]): string {
  if (!before || !after) throw new Error('Give the files of two runs: --compare before.json after.json')
  const lines = after.results.flatMap((result) => {
    const earlier = before.results.find(({ scenario }) => scenario === result.scenario)
    return earlier ? movesOf(earlier, result) : []
  })
  return lines.length > 0 ? lines.join('\n') : 'Nothing moved.'
}

const movedMin = 0.03

function movesOf(before: Result, after: Result): string[] {
  if (before.busy || after.busy) return [`${after.title}: not compared, because ${before.busy ?? after.busy}`]
  return after.entries.flatMap((entry) => {
    const earlier = entryOf(before.entries, entry.case, entry.contestant)
    if (!earlier) return []
    return after.figures.flatMap(({ key, title, unit }) => {
      const [one, two] = [spreadOf(earlier, key), spreadOf(entry, key)]
      const moved = two.median / one.median - 1
      const isNoise = Math.abs(two.median - one.median) <= one.spread + two.spread
      if (!(Math.abs(moved) > movedMin) || isNoise) return []
      const sign = moved > 0 ? '+' : ''
      const percent = `${sign}${(100 * moved).toFixed(1)} %`
      return [
        `${after.scenario}, ${entry.case}, ${entry.contestant}: ${title} ${one.median.toPrecision(3)} → ${two.median.toPrecision(3)} ${unit} (${percent})`,
      ]
    })
  })
}

/** The median of a figure, and half the distance of its quartiles. */
function spreadOf({ rounds }: Entry, key: string): { median: number; spread: number } {
  const values = rounds.map((round) => round[key] ?? Number.NaN)
  return { median: median(values), spread: (quantile(values, 0.75) - quantile(values, 0.25)) / 2 }
}
