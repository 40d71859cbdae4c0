import type { Random } from '../tests/simulation/virtual-time.ts'
import type { Load } from './load.ts'
import type { Specialty, World } from './world.ts'

/** Where a fault happens. */
export interface Stage {
  readonly world: World
  readonly load: Load
  readonly random: Random
  /** How long the fault is to last, where it lasts. */
  readonly faultMs: number
}

/** One thing that goes wrong. */
export interface Fault {
  readonly name: string
  /** The expected effect, besides that nothing is lost, repeated or out of order. */
  readonly expected: string
  /** Why it cannot be had here; null when it can. */
  missing?(): string | null
  /** Requirements on its world, where they are special. */
  readonly world?: Specialty
  /** Longer than others where it takes longer to show. */
  readonly faultMsMin?: number
  /** Where everybody may need longer to catch up than after others. */
  readonly caughtUpMsMax?: number
  /**
   * Lets it happen. Resolves when it is over and everybody should come back: what is measured begins here.
   *
   * @returns what is to be done afterwards, such as starting again what was killed.
   */
  happen(stage: Stage): Promise<(() => Promise<void>) | undefined>
}
