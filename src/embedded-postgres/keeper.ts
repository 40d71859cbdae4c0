// Keeps the embedded PostgreSQL running: one that ends by itself is started again in place, on its port.

import { setTimeout as wait } from 'node:timers/promises'
import { embeddedLimits } from '../config/database.ts'
import { type Cluster, type Postmaster, startPostmaster } from './postmaster.ts'

const { restartTriesMax, restartWaitMs, restartStableMs } = embeddedLimits

/** Options of a keeper, and the receivers of its news. */
export interface KeeperOptions {
  durable: boolean
  /** Gets every line of PostgreSQL's log. */
  log(line: string): void
  /** Called when PostgreSQL has ended by itself: it is started again. */
  onLost(reason: string): void
  /** Called when it runs again. */
  onBack(): void
  /** Called when the keeper has given up: PostgreSQL cannot be kept running. */
  onExit(reason: string): void
}

/** A postmaster that is kept running. */
export interface Keeper {
  /** Stops it, one that is about to start too. */
  close(): Promise<void>
}

/**
 * Starts a postmaster again when it has ended by itself.
 *
 * It does so at once, then after waits that double. It gives up after `restartTriesMax` starts, unless one of them has run for `restartStableMs`: a folder that is damaged
 * ends every start.
 */
export function keepRunning(first: Postmaster, place: Cluster, options: KeeperOptions): Keeper {
  const { durable, log, onLost, onBack, onExit } = options
  const closing = new AbortController()
  const { signal } = closing
  const { port } = first
  let current = first

  /** Gives null when it runs, or why it does not. */
  const tryStart = (tries: number) =>
    wait(tries === 0 ? 0 : restartWaitMs * 2 ** (tries - 1), undefined, { signal })
      .then(() => startPostmaster(place, { durable, log, port, signal }))
      .then(
        (postmaster) => {
          current = postmaster
          return null
        },
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )

  async function keep(): Promise<void> {
    let tries = 0
    while (!signal.aborted) {
      const startedAt = performance.now()
      let failure: string | null = await current.exited
      if (signal.aborted) return
      if (performance.now() - startedAt >= restartStableMs) tries = 0
      onLost(failure)
      while (failure !== null) {
        if (tries >= restartTriesMax) return onExit(`it was started ${tries} times again, in vain. ${failure}`)
        failure = await tryStart(tries)
        if (signal.aborted) return
        tries += 1
      }
      onBack()
    }
  }

  const keeping = keep()
  return {
    async close() {
      closing.abort()
      await current.stop()
      await keeping
      // one that became ready in the moment of closing
      await current.stop()
    },
  }
}
