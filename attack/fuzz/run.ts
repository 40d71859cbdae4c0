import { randomOf } from '../../chaos/random.ts'
import type { Fuzzer } from './fuzzer.ts'
import { operationFuzzer, rawHttpFuzzer } from './http.ts'
import { frameFuzzer, messageFuzzer, socketFuzzer } from './sockets.ts'
import { makeTarget } from './target.ts'

/** Everything that is fuzzed. */
const fuzzers: readonly Fuzzer[] = [frameFuzzer, messageFuzzer, socketFuzzer, operationFuzzer, rawHttpFuzzer]

/** How a fuzz goes. */
export interface FuzzOptions {
  readonly seed: number
  readonly ms: number
  /** Looks at the server beside its answers: what is wrong with it, or null. */
  complaint(): string | null
}

/** The result of a fuzz. */
export interface FuzzResult {
  /** Cases that were played, by the fuzzer. */
  readonly played: Readonly<Record<string, number>>
  /** Each with the name of its fuzzer and the number of its case, which with the seed make it again. */
  readonly faults: readonly string[]
}

/** Cases that go on at a time. */
const lanes = 12
/** Cases in which one user and room are used. */
const casesPerTarget = 40
const faultsMax = 20

/**
 * Plays cases until the time is over, several at once.
 *
 * The seed, the name of the fuzzer and the number of a case determine its action; the user that it meets is not determined.
 */
export async function runFuzz(url: string, { seed, ms, complaint }: FuzzOptions): Promise<FuzzResult> {
  const played: Record<string, number> = {}
  const faults: string[] = []
  const end = performance.now() + ms

  async function playLane(lane: number): Promise<void> {
    for (let round = 0; performance.now() < end && faults.length < faultsMax; round++) {
      const target = await makeTarget(url)
      for (let one = 0; one < casesPerTarget && performance.now() < end; one++) {
        const number = (round * casesPerTarget + one) * lanes + lane
        const fuzzer = fuzzers[number % fuzzers.length]
        if (!fuzzer) continue
        const fault = (await fuzzer.play(target, randomOf(seed, `${fuzzer.name} ${number}`))) ?? complaint()
        played[fuzzer.name] = (played[fuzzer.name] ?? 0) + 1
        if (fault !== null) faults.push(`seed ${seed}, ${fuzzer.name} ${number}: ${fault}`)
      }
    }
  }

  await Promise.all(Array.from({ length: lanes }, (_, lane) => playLane(lane)))
  return { played, faults }
}
