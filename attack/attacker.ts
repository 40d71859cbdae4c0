import type { Person } from '../chaos/world.ts'
import type { Random } from '../tests/simulation/virtual-time.ts'
import { loopback } from './loopback.ts'

/** The server under attack, users of the attackers, and a room full of long messages. */
export interface Stage {
  readonly url: string
  readonly people: readonly Person[]
  readonly roomId: string
  /** The question with the heaviest answer that the server gives. */
  readonly heaviest: { readonly query: string; readonly variables: object }
}

/** One kind of attack. */
export interface Attacker {
  readonly name: string
  /** Says in the table what it does. */
  readonly what: string
  /** Begins. Resolves when all of it is under way. */
  start(stage: Stage, random: Random): Promise<Attack>
}

/** An attack that runs. */
export interface Attack {
  /** Counts its attempts and their outcomes. */
  counts(): AttackCounts
  /** Reads what is left, and hangs up. */
  stop(): Promise<void>
}

/** Figures of an attack. */
export interface AttackCounts {
  /** Messages, requests or bytes of an upload that the server took. */
  readonly sent: number
  readonly bytes: number
  /** How its connections ended or its requests were answered, and how often. */
  readonly ends: Readonly<Record<string, number>>
}

/** Counts what an attack does. */
export interface Tally {
  add(bytes: number): void
  end(how: string): void
  counts(): AttackCounts
}

/** Makes an empty tally. */
export function createTally(): Tally {
  const ends: Record<string, number> = {}
  let sent = 0
  let bytes = 0
  return {
    add(count) {
      sent += 1
      bytes += count
    },
    end(how) {
      ends[how] = (ends[how] ?? 0) + 1
    },
    counts: () => ({ sent, bytes, ends: { ...ends } }),
  }
}

/** Runs `count` loops until the attack stops, each from its own address of the loopback network. */
export function runLoops(
  { count, addresses, firstAddress }: { count: number; addresses: number; firstAddress: number },
  loop: (seat: { index: number; address: string; signal: AbortSignal }) => Promise<void>,
): () => Promise<void> {
  const stop = new AbortController()
  const running = Array.from({ length: count }, async (_, index) => {
    const address = loopback(firstAddress + (index % addresses))
    while (!stop.signal.aborted) await loop({ index, address, signal: stop.signal })
  })
  return async () => {
    stop.abort()
    await Promise.all(running)
  }
}

/** Waits, or until the attack stops. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
