import { setTimeout as wait } from 'node:timers/promises'
import { checkHistory } from './checker.ts'
import type { Fault } from './fault.ts'
import type { Violation } from './history.ts'
import { type LoadSize, startLoad } from './load.ts'
import { randomOf } from './random.ts'
import type { World } from './world.ts'

/** How a run goes. */
export interface RunOptions {
  readonly seed: number
  readonly size: LoadSize
  /** Before the first fault. */
  readonly warmMs: number
  readonly faultMs: number
  /** Everybody must have caught up within this, after each fault and in the end. */
  readonly caughtUpMsMax: number
  say(line: string): void
}

/** The result of a run. */
export interface RunResult {
  readonly name: string
  readonly expected: string
  readonly acked: number
  readonly unknown: number
  readonly events: number
  readonly violations: readonly Violation[]
  /** After the slowest of its faults; null when somebody did not catch up. */
  readonly caughtUpMs: number | null
  readonly codes: ReadonlyMap<string, number>
  /** The alerts that fired; null when nobody observed. */
  readonly alerts?: readonly string[]
}

/** Runs a load in fresh rooms, lets faults happen one after the other, and judges what everybody has seen. */
export async function runFaults(world: World, faults: readonly Fault[], options: RunOptions): Promise<RunResult> {
  const { seed, caughtUpMsMax, say } = options
  const name = faults.map((fault) => fault.name).join(', ')
  const load = await startLoad(world, seed, options.size)
  const late: Violation[] = []
  let slowest = 0
  try {
    const started = await load.mark(60_000)
    if (started === null) throw new Error('the load did not start')
    await wait(options.warmMs)
    for (const fault of faults) {
      say(fault.name)
      const faultMs = Math.max(options.faultMs, fault.faultMsMin ?? 0)
      const after = await fault.happen({ world, load, random: randomOf(seed, fault.name), faultMs })
      const within = Math.max(caughtUpMsMax, fault.caughtUpMsMax ?? 0)
      const ms = await load.mark(within)
      slowest = Math.max(slowest, ms ?? Number.POSITIVE_INFINITY)
      if (ms === null) late.push({ kind: 'late', what: `not all had caught up ${within} ms after: ${fault.name}` })
      await after?.()
    }
    const history = await load.finish(caughtUpMsMax)
    const crashes = world.servers.flatMap((server): Violation[] => {
      const crash = server.crash()
      return crash === null ? [] : [{ kind: 'crashed', what: crash }]
    })
    const masked = load.records.codes.get('INTERNAL') ?? 0
    const count = (outcome: string) => history.sends.filter((send) => send.outcome === outcome).length
    return {
      name,
      expected: faults.map((fault) => fault.expected).join('; '),
      acked: count('acked'),
      unknown: count('unknown'),
      events: history.observations.reduce((sum, { entries }) => sum + entries.length, 0),
      violations: [
        ...late,
        ...crashes,
        // who is told so cannot know whether to try again
        ...(masked > 0 ? [{ kind: 'masked', what: `${masked} operations were answered with INTERNAL` } as const] : []),
        ...load.companions.flatMap((companion) => companion.violations()),
        ...checkHistory(history),
      ],
      caughtUpMs: Number.isFinite(slowest) ? slowest : null,
      codes: load.records.codes,
    }
  } finally {
    await load.close()
  }
}
