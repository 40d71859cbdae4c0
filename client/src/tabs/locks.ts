/** Runs a task while no other tab of this browser runs one of the same name. */
export type RunAlone = <T>(name: string, task: () => Promise<T>) => Promise<T>

/** The Web Locks of this browser; undefined where there are none. */
export function webLocks(): LockManager | undefined {
  return globalThis.navigator?.locks
}

/**
 * Makes `runAlone`. Where there are no Web Locks, or they refuse, tasks wait for each other only within this page.
 *
 * Locks are for economy alone: what must be right is made right by nonces, cursors and the server.
 */
export function createRunAlone(locks: LockManager | undefined = webLocks()): RunAlone {
  const queues = new Map<string, Promise<unknown>>()
  return async (name, task) => {
    let hasBegun = false
    try {
      if (locks) {
        return await locks.request(name, () => {
          hasBegun = true
          return task()
        })
      }
    } catch (error) {
      // a sandboxed frame has locks, and they refuse
      if (hasBegun) throw error
    }
    const before = queues.get(name) ?? Promise.resolve()
    const run = before.then(task, task)
    queues.set(
      name,
      run.catch(() => {}),
    )
    return await run
  }
}

/** The lock that a tab holds as long as it lives. */
export const tabLock = (tabId: string) => `kabar tab ${tabId}`
