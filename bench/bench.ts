// Types of the arguments and results of scenarios.

import type { BenchDatabase } from './database.ts'
import type { StartProcess } from './servers/process.ts'

/** The run that a scenario is part of. */
export interface Bench {
  readonly database: BenchDatabase
  readonly start: StartProcess
  /** True if the packages of bench/peers are there. */
  readonly hasPeers: boolean
  /** How much time there is: `quick` is for a look, `full` takes what is slow too. */
  readonly extent: 'quick' | 'normal' | 'full'
  /** How often what is compared takes turns. */
  readonly rounds: number
  /** Milliseconds of one measurement. */
  readonly measureMs: number
  /** Tells whether a case was chosen. */
  takes(name: string): boolean
  /** Tells the person at the terminal what happens. */
  say(text: string): void
}

/** A number that a scenario measures. */
export interface Figure {
  readonly key: string
  readonly title: string
  readonly unit: string
}

/** The figures of one contestant in one case, one for each round. */
export interface Entry {
  readonly case: string
  readonly contestant: string
  readonly rounds: readonly Readonly<Record<string, number>>[]
}

/** Something to reach. */
export interface Target {
  readonly text: string
  readonly reached: number
  readonly met: boolean
}

/** The result of a scenario. The first figure is the one whose ratios are shown. */
export interface Result {
  readonly scenario: string
  readonly title: string
  readonly figures: readonly Figure[]
  /** The contestant whose first figure the others' is divided by; `ours` where none is named. */
  readonly reference?: string
  readonly entries: readonly Entry[]
  readonly targets: readonly Target[]
  /** Notes that a reader needs to judge the numbers. */
  readonly notes: readonly string[]
  /** Why the figures are not to be believed: what else the machine did; null when nothing. */
  readonly busy?: string | null
}

/** The connections to PostgreSQL that every compared server has. */
export const poolSize = 10

/** The name of ours in every table. */
export const ours = 'Kabar'

/**
 * Measures contestants in turns: A B C, A B C, … so that what changes on the machine hits all of them.
 *
 * One that fails is measured no more; the figures that it has are kept.
 */
export async function alternate<Contestant extends { readonly name: string }>(
  contestants: readonly Contestant[],
  { rounds, name }: { rounds: number; name: string },
  measure: (contestant: Contestant) => Promise<Record<string, number>>,
): Promise<Entry[]> {
  const measured = contestants.map((): Record<string, number>[] => [])
  const failed = new Set<Contestant>()
  for (let round = 0; round < rounds; round++) {
    for (const [index, contestant] of contestants.entries()) {
      if (failed.has(contestant)) continue
      try {
        measured[index]?.push(await measure(contestant))
      } catch (error) {
        failed.add(contestant)
        console.error(`${contestant.name} failed in "${name}", round ${round + 1}:`, error)
      }
    }
  }
  return contestants.map((contestant, index) => ({
    case: name,
    contestant: contestant.name,
    rounds: measured[index] ?? [],
  }))
}
