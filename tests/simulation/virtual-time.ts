// Chance and time that can be played again: the same seed gives the same schedule.

import type { Clock } from '../../src/concurrency/clock.ts'

/** Numbers that follow from a seed alone. */
export interface Random {
  /** A whole number from 0 to below `end`. */
  below(end: number): number
  /** True with the given probability. */
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
}

/** Makes the numbers of a seed, by the generator mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed | 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (end: number) => Math.floor(next() * end)
  return {
    below,
    chance: (probability) => next() < probability,
    pick<T>(list: readonly T[]) {
      const picked = list[below(list.length)]
      if (picked === undefined) throw new Error('nothing to pick from')
      return picked
    },
  }
}

/** A clock that moves when it is told to. */
export interface VirtualClock extends Clock {
  /** Resolves after `ms` of this clock; with 0 in the same instant, one microtask later. */
  pass(ms: number): Promise<void>
  /**
   * Runs all timers in order of time until nothing is left to do.
   *
   * @param turns microtasks that run between two timers: a few leave work unfinished when the next thing happens.
   */
  runOut(turns: () => number): Promise<void>
}

interface Timer {
  readonly at: number
  callback: (() => void) | null
}

/** More timers in one schedule than that mean that it never comes to rest. */
const timersMax = 50_000

/** Microtasks after which nothing can be on its way any more without waiting for a timer. */
const restTurns = 500

/** Makes a clock that stands at 0. */
export function createVirtualClock(): VirtualClock {
  // in descending order, so that the next one is popped
  const timers: Timer[] = []
  let now = 0
  let ran = 0

  function after(ms: number, callback: () => void): () => void {
    const timer: Timer = { at: now + ms, callback }
    let place = timers.length
    while (place > 0 && (timers[place - 1]?.at ?? 0) <= timer.at) place--
    timers.splice(place, 0, timer)
    return () => {
      timer.callback = null
    }
  }

  async function runTimers(turns: () => number): Promise<void> {
    for (let timer = timers.pop(); timer; timer = timers.pop()) {
      if (!timer.callback) continue
      now = timer.at
      ran += 1
      if (ran > timersMax) throw new Error(`no rest after ${timersMax} timers`)
      timer.callback()
      await passTurns(turns())
    }
  }

  return {
    now: () => now,
    after,
    pass: (ms) => (ms === 0 ? Promise.resolve() : new Promise((resolve) => after(ms, resolve))),
    async runOut(turns) {
      await passTurns(restTurns)
      while (timers.length > 0) {
        await runTimers(turns)
        await passTurns(restTurns)
      }
    },
  }
}

async function passTurns(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await Promise.resolve()
}
