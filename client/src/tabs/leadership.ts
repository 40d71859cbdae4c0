import { bounds } from '../config.ts'

/** Tells whether this tab leads: it holds the connection of all tabs. */
export interface Leadership {
  /** The leader has given a sign of life. */
  heard(): void
  close(): void
}

/**
 * Takes part in the election of the leading tab: the one that holds a lock.
 *
 * A leader that hangs keeps its lock: a visible tab that does not hear it takes the lock from it. Where the browser gives
 * no locks, as in a sandboxed frame, the tab is told to go `alone`, once, and the election is over for it.
 */
export function joinElection(
  name: string,
  { locks, lead, follow, alone }: { locks: LockManager; lead(): void; follow(): void; alone(): void },
): Leadership {
  let isClosed = false
  let release: () => void = () => {}
  let heardAt = Date.now()
  let isLeader = false

  function hold(): Promise<void> {
    if (isClosed) return Promise.resolve()
    isLeader = true
    lead()
    return new Promise((resolve) => {
      release = resolve
    })
  }

  function lost(): void {
    release = () => {}
    isLeader = false
    if (isClosed) return
    follow()
    queue()
  }

  /** A lock that was held has been taken by another tab; one that was never given will not be. */
  function rejected(): void {
    if (isLeader) {
      lost()
      return
    }
    if (isClosed) return
    end()
    alone()
  }

  function end(): void {
    isClosed = true
    clearInterval(watch)
    abort.abort()
    release()
  }

  const abort = new AbortController()

  /** Waits for the lock in the queue of all tabs. */
  function queue(options: LockOptions = { signal: abort.signal }): void {
    locks.request(name, options, hold).catch(rejected)
  }

  locks
    .request(name, { ifAvailable: true }, (lock) => {
      if (lock) return hold()
      if (!isClosed) {
        follow()
        queue()
      }
      return undefined
    })
    .catch(rejected)

  const watch = setInterval(() => {
    const isVisible = globalThis.document?.visibilityState !== 'hidden'
    if (isLeader || !isVisible || Date.now() - heardAt < bounds.leaderSilentMs) return
    heardAt = Date.now()
    queue({ steal: true })
  }, bounds.beatMs)

  return {
    heard() {
      heardAt = Date.now()
    },
    close: end,
  }
}
