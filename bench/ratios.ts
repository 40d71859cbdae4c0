import type { Entry } from './bench.ts'
import { median } from './statistics.ts'

/** The median over the rounds of one figure; NaN where it was not measured. */
export function medianOf(entry: Entry | undefined, key: string): number {
  return median((entry?.rounds ?? []).map((round) => round[key] ?? Number.NaN))
}

/** The median over the rounds of one contestant's figure divided by another's in the same round. */
export function ratioOf(over: Entry | undefined, under: Entry | undefined, key: string): number {
  const ratios = (over?.rounds ?? []).map(
    (round, index) => (round[key] ?? Number.NaN) / (under?.rounds[index]?.[key] ?? Number.NaN),
  )
  return median(ratios)
}

/** Finds what a contestant came to in a case. */
export function entryOf(entries: readonly Entry[], name: string, contestant: string): Entry | undefined {
  return entries.find((entry) => entry.case === name && entry.contestant === contestant)
}
