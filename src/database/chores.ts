import pg from 'pg'
import type { Logger } from 'pino'

/** Work that a deployment does by itself from time to time, on one of its servers. */
export interface Chore {
  /** Names the lock that keeps two servers from doing it at once. */
  readonly name: string
  /** About how long to wait between the end of one run and the start of the next. */
  readonly everyMs: number
  /** Does what is due in small transactions, so that it may be broken off anywhere. */
  run(signal: AbortSignal): Promise<void>
}

/**
 * Repeats a step that takes a bounded part of some work, until a part is not full.
 *
 * @param step does up to `take` things and gives how many.
 * @returns how many things were done; fewer than there are when the signal broke it off.
 */
export async function repeat(
  step: () => Promise<number>,
  { take, signal }: { take: number; signal: AbortSignal },
): Promise<number> {
  let done = 0
  while (!signal.aborted) {
    const count = await step()
    done += count
    if (count < take) break
  }
  return done
}

/** Runs chores: see `startChores`. */
export interface Chores {
  /** Breaks off what runs and waits for its end. */
  close(): Promise<void>
}

/**
 * Runs each chore again and again, on one server at a time.
 *
 * A chore holds a connection of `pool` while it runs, for its lock: no request must need these.
 * A server that finds a chore taken leaves it for this round. A fault is logged, and the chore is tried again the next time.
 */
export function startChores({ pool, log, chores }: { pool: pg.Pool; log: Logger; chores: readonly Chore[] }): Chores {
  const stop = new AbortController()
  const timers = new Map<Chore, NodeJS.Timeout>()
  const running = new Set<Promise<void>>()

  function plan(chore: Chore): void {
    if (stop.signal.aborted) return
    // spread, so that servers that start together do not ask together
    const delayMs = chore.everyMs * (0.75 + Math.random() / 2)
    const begin = () => {
      const run = runAlone(chore)
        .catch((error: unknown) => {
          if (!stop.signal.aborted) log.warn({ err: error, chore: chore.name }, 'a chore failed and is tried again')
        })
        .finally(() => {
          running.delete(run)
          plan(chore)
        })
      running.add(run)
    }
    timers.set(chore, setTimeout(begin, delayMs))
  }

  async function runAlone(chore: Chore): Promise<void> {
    const client = await pool.connect()
    let fault: Error | undefined
    try {
      if (await takeLock(client, chore.name)) await chore.run(stop.signal)
      await client.query('commit -- runAlone')
    } catch (error) {
      // a connection of unknown state may still hold the lock
      fault = error instanceof Error ? error : new Error(String(error))
      throw error
    } finally {
      client.release(fault)
    }
  }

  for (const chore of chores) plan(chore)
  return {
    async close() {
      stop.abort()
      for (const timer of timers.values()) clearTimeout(timer)
      await Promise.all(running)
    },
  }
}

/**
 * Takes the lock of a chore until the transaction that this begins is over, or the connection is.
 *
 * It is not a lock of the session: a pooler in transaction mode would leave that with a connection that is shared. The
 * statements have no parameters, so that between them nothing keeps a snapshot, for which vacuum would wait.
 */
async function takeLock(client: pg.PoolClient, name: string): Promise<boolean> {
  await client.query('begin -- runAlone')
  await client.query('set local idle_in_transaction_session_timeout = 0 -- runAlone')
  const key = pg.escapeLiteral(`kabar chore ${name}`)
  const { rows } = await client.query<{ mine: boolean }>(
    `-- runAlone:
     select pg_try_advisory_xact_lock(hashtextextended(${key}, 0)) as mine`,
  )
  return rows[0]?.mine === true
}
