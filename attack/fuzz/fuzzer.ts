import type { Random } from '../../tests/simulation/virtual-time.ts'
import type { Target } from './target.ts'

/** Makes cases of one kind. */
export interface Fuzzer {
  readonly name: string
  /** Plays one case. Returns what was wrong, and with what; null when nothing was. */
  play(target: Target, random: Random): Promise<string | null>
}

/** An answer that takes longer is none. */
export const answerMsMax = 10_000

/** Makes a list of `from` to `to` things. */
export function several<T>(random: Random, [from, to]: readonly [number, number], make: () => T): T[] {
  return Array.from({ length: from + random.below(to - from + 1) }, make)
}

/** Shortens a case for the line that it is printed in. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 1_500 ? `${text.slice(0, 1_500)}… (${text.length} characters)` : text
}
