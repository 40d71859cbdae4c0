// Shares a few places of one server among users and addresses.

import { AppError, unavailable } from '../errors.ts'

/** How much of what is shared one user, or one address, may have. */
export interface Share {
  /** Places that it holds at the same time: fewer than there are. */
  readonly atOnceMax: number
  /** Works of it that wait; more are refused. */
  readonly waitingMax: number
}

/** Bounds of places that are shared. */
export interface FairBounds {
  /** Works that run at the same time. */
  readonly atOnceMax: number
  /** Works that wait, of all together; more are refused. */
  readonly waitingMax: number
  /** A work that has waited for so long is refused. */
  readonly waitMs: number
  readonly user: Share
  readonly address: Share
}

/** For whom a work is done. */
export interface Claimant {
  readonly userId: string
  readonly address: string
  /** Ends the waiting, for example because the client has gone. */
  readonly signal?: AbortSignal
}

/** Runs a work when it gets a place: see `createFairSemaphore`. */
export type TakePlace = <Result>(claimant: Claimant, work: () => Promise<Result>) => Promise<Result>

interface Waiter {
  readonly claimant: Claimant
  begin(): void
}

/**
 * Makes a semaphore whose places no user and no address can hold alone.
 *
 * A place that becomes free goes to the user who holds the fewest, then to the address that does, then to who came first.
 *
 * @throws AppError, from the function that it returns: RATE_LIMITED when the user or the address has too much that waits,
 * SERVICE_UNAVAILABLE when all together have, or when a work has waited for too long.
 */
export function createFairSemaphore({ atOnceMax, waitingMax, waitMs, user, address }: FairBounds): TakePlace {
  const users = createCounts(user)
  const addresses = createCounts(address)
  let waiting: Waiter[] = []
  let running = 0

  const canBegin = (claimant: Claimant) =>
    running < atOnceMax && users.hasPlace(claimant.userId) && addresses.hasPlace(claimant.address)
  const hold = (claimant: Claimant, change: 1 | -1) => {
    running += change
    users.hold(claimant.userId, change)
    addresses.hold(claimant.address, change)
  }
  const beginNext = () => {
    const able = waiting.filter(({ claimant }) => canBegin(claimant))
    const [next] = able.toSorted(
      ({ claimant: a }, { claimant: b }) =>
        users.held(a.userId) - users.held(b.userId) || addresses.held(a.address) - addresses.held(b.address),
    )
    next?.begin()
  }
  const assertMayWait = ({ userId, address: from }: Claimant) => {
    users.assertMayWait(userId)
    addresses.assertMayWait(from)
    if (waiting.length >= waitingMax) throw unavailable('The server has too much to do. Nothing was done: try again.')
  }

  function wait(claimant: Claimant): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting = waiting.filter((one) => one !== waiter)
        users.wait(claimant.userId, -1)
        addresses.wait(claimant.address, -1)
        clearTimeout(timer)
        claimant.signal?.removeEventListener('abort', giveUp)
      }
      const giveUp = () => {
        leave()
        reject(unavailable('The server has too much to do for now. Nothing was done: try again.'))
      }
      const timer = setTimeout(giveUp, waitMs)
      const begin = () => {
        leave()
        hold(claimant, 1)
        resolve()
      }
      const waiter = { claimant, begin }
      waiting.push(waiter)
      users.wait(claimant.userId, 1)
      addresses.wait(claimant.address, 1)
      claimant.signal?.addEventListener('abort', giveUp)
    })
  }

  return async (claimant, work) => {
    if (canBegin(claimant)) hold(claimant, 1)
    else {
      assertMayWait(claimant)
      await wait(claimant)
    }
    try {
      return await work()
    } finally {
      hold(claimant, -1)
      beginNext()
    }
  }
}

/** Counts what users, or addresses, hold and wait for. Those that have neither are forgotten. */
function createCounts(share: Share) {
  const held = createCount()
  const waiting = createCount()
  return {
    held: held.of,
    hold: held.add,
    wait: waiting.add,
    hasPlace: (key: string) => held.of(key) < share.atOnceMax,
    assertMayWait(key: string) {
      if (waiting.of(key) < share.waitingMax) return
      const message = 'Too much of yours is under way at once. Send the next when one is done.'
      throw new AppError('RATE_LIMITED', message, { retryAfterMs: 1_000 })
    },
  }
}

function createCount() {
  const counts = new Map<string, number>()
  return {
    of: (key: string) => counts.get(key) ?? 0,
    add(key: string, change: 1 | -1) {
      const now = (counts.get(key) ?? 0) + change
      if (now > 0) counts.set(key, now)
      else counts.delete(key)
    },
  }
}
