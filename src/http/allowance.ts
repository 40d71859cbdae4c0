// Rate limits that each server keeps for itself, in memory, such as of operations and frames. access/rates.ts counts in
// the database, for all servers together.

/** The window over which operations and frames are counted. */
export const minuteMs = 60_000

/** Takes an amount from an allowance, by default 1. Returns 0, or the milliseconds until enough is left. */
export type Take = (amount?: number) => number

/** A token bucket: an amount per window that refills evenly. */
export interface Allowance {
  readonly take: Take
  /** Charges work already done; a negative amount refunds. The balance may become negative, down to one full window. */
  charge(amount: number): void
}

/** Creates an allowance that can only be taken from. */
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

/** Creates one allowance per key. Full ones are forgotten. */
export function createAllowances(max: number, windowMs: number): (key: string) => Allowance {
  let allowances = new Map<string, Allowance>()
  let before = new Map<string, Allowance>()
  let older = new Map<string, Allowance>()
  let changeAt = performance.now() + windowMs
  return (key) => {
    if (performance.now() >= changeAt) {
      // an allowance unused since the change before the last is full, whatever it owed
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
