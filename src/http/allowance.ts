// Rate limits that each server keeps for itself, in memory.

/** Operations and frames are counted over so long. */
export const minuteMs = 60_000

/** Takes so much of an allowance, or one. Returns 0, or the milliseconds until there is as much. */
export type Take = (amount?: number) => number

/** An allowance of so many in a window, which fills up again evenly. */
export interface Allowance {
  readonly take: Take
  /** Takes what was done already, or gives back with less than 0. What is not there is owed, up to a window's worth. */
  charge(amount: number): void
}

/** Makes an allowance that can be taken from, and nothing else. */
export function createAllowance(max: number, windowMs: number): Take {
  return openAllowance(max, windowMs).take
}

function openAllowance(max: number, windowMs: number): Allowance {
  let left = max
  let lookedAt = performance.now()
  const fillUp = () => {
    const now = performance.now()
    left = Math.min(max, left + ((now - lookedAt) / windowMs) * max)
    lookedAt = now
  }
  return {
    take(amount = 1) {
      const wanted = Math.min(amount, max)
      fillUp()
      if (left < wanted) return Math.ceil(((wanted - left) / max) * windowMs)
      left -= wanted
      return 0
    },
    charge(amount) {
      fillUp()
      left = Math.max(-max, Math.min(max, left - amount))
    },
  }
}

/** Makes an allowance for each key. Those that have filled up again are forgotten. */
export function createAllowances(max: number, windowMs: number): (key: string) => Allowance {
  let allowances = new Map<string, Allowance>()
  let before = new Map<string, Allowance>()
  let older = new Map<string, Allowance>()
  let changeAt = performance.now() + windowMs
  return (key) => {
    if (performance.now() >= changeAt) {
      // what was not asked for since the change before the last is full, whatever it owed
      older = before
      before = allowances
      allowances = new Map()
      changeAt = performance.now() + windowMs
    }
    let allowance = allowances.get(key)
    if (!allowance) {
      allowance = before.get(key) ?? older.get(key) ?? openAllowance(max, windowMs)
      allowances.set(key, allowance)
    }
    return allowance
  }
}
