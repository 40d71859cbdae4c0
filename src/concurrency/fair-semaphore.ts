// Shares the few slots of one server among users and addresses.

import { AppError, unavailable } from '../errors.ts'
import type { QueueFigures } from './semaphore.ts'

/** The share of the slots that one user, or one address, may use. */
export interface Share {
  /** Slots that it holds at the same time: fewer than there are. */
  readonly atOnceMax: number
  /** Its tasks that may wait; one more is refused. */
  readonly waitingMax: number
}

/** Bounds of a fair semaphore. */
export interface FairBounds {
  /** Tasks that run at the same time. */
  readonly atOnceMax: number
  /** Tasks that may wait, of all users together; one more is refused. */
  readonly waitingMax: number
  /** A task that has waited this long is refused. */
  readonly waitMs: number
  readonly user: Share
  readonly address: Share
}

/** The user and the address for which a task runs. */
export interface Claimant {
  readonly userId: string
  readonly address: string
  /** Ends the wait, for example because the client has disconnected. */
  readonly signal?: AbortSignal
}

/** Runs a task when it gets a slot: see `createFairSemaphore`. */
export interface FairAcquire {
  <Result>(claimant: Claimant, work: () => Promise<Result>): Promise<Result>
  /** The tasks at this moment. */
  figures(): QueueFigures
}

interface Waiter {
  readonly claimant: Claimant
  begin(): void
}

/**
 * Creates a semaphore of which no single user or address can hold all slots.
 *
 * A free slot goes to the user who holds the fewest, then to the address that holds the fewest, then to the first in line.
 *
 * @throws AppError, from the returned function: RATE_LIMITED when too many tasks of the user or the address wait,
 * SERVICE_UNAVAILABLE when too many tasks wait in all, or when a task has waited for too long.
 */
export function createFairSemaphore({ atOnceMax, waitingMax, waitMs, user, address }: FairBounds): FairAcquire {
  const users = createCounts(user)
  const addresses = createCounts(address)
  let waiting: Waiter[] = []
  let running = 0

  const canBegin = (claimant: Claimant) =>
    running < atOnceMax && users.hasSlot(claimant.userId) && addresses.hasSlot(claimant.address)
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
    if (waiting.length >= waitingMax) throw unavailable('The server is overloaded. Nothing was done: try again.')
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
        reject(unavailable('The server is overloaded. Nothing was done: try again.'))
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

  const acquire = async <Result>(claimant: Claimant, work: () => Promise<Result>): Promise<Result> => {
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
  return Object.assign(acquire, { figures: () => ({ running, waiting: waiting.length }) })
}

/** Counts the slots and waiting tasks of users, or of addresses. Drops the counts that are 0. */
function createCounts(share: Share) {
  const held = createCount()
  const waiting = createCount()
  return {
    held: held.of,
    hold: held.add,
    wait: waiting.add,
    hasSlot: (key: string) => held.of(key) < share.atOnceMax,
    assertMayWait(key: string) {
      if (waiting.of(key) < share.waitingMax) return
      const message = 'Too many of your requests are in progress. Send the next one when one is done.'
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
