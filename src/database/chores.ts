import pg from 'pg'
import type { Logger } from 'pino'
import type { Metrics } from '../metrics/metrics.ts'

/** A background job that runs from time to time, on one server of a deployment. */
export interface Chore {
  /** The name of its lock, so that only one server runs it at a time. */
  readonly name: string
  /** The approximate wait between the end of one run and the start of the next. */
  readonly everyMs: number
  /** Does the due work in small transactions, so that it can be interrupted anywhere. */
  run(signal: AbortSignal): Promise<void>
}

/**
 * Repeats a step that does a limited part of some work, until a part is not full.
 *
 * @param step handles up to `take` items and returns how many.
 * @returns the number of handled items; fewer than there are when the signal interrupted it.
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

/** The parts of the server that chores need. */
export interface ChoresOptions {
  readonly pool: pg.Pool
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'observe'>
  readonly chores: readonly Chore[]
}

/** Runs chores: see `startChores`. */
export interface Chores {
  /** Interrupts running chores and waits for their end. */
  close(): Promise<void>
}

/**
 * Runs each chore periodically, on one server at a time.
 *
 * A running chore holds a connection of `pool` for its lock: no request may need these.
 * A server that finds a chore locked skips this round. An error is logged, and the chore is retried the next time.
 */
export function startChores({ pool, log, metrics, chores }: ChoresOptions): Chores {
  const stop = new AbortController()
  const timers = new Map<Chore, NodeJS.Timeout>()
  const running = new Set<Promise<void>>()

  function plan(chore: Chore): void {
    if (stop.signal.aborted) return
    // with jitter, so that servers that start together do not run together
    const delayMs = chore.everyMs * (0.75 + Math.random() / 2)
    const begin = () => {
      const began = performance.now()
      const note = (outcome: string) =>
        metrics.observe('chore_seconds', { chore: chore.name, outcome }, (performance.now() - began) / 1_000)
      const run = runAlone(chore)
        .then((isMine) => note(isMine ? 'done' : 'elsewhere'))
        .catch((error: unknown) => {
          note('failed')
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

  /** @returns whether no other server runs it. */
  async function runAlone(chore: Chore): Promise<boolean> {
    const client = await pool.connect()
    let fault: Error | undefined
    try {
      const isMine = await takeLock(client, chore.name)
      if (isMine) await chore.run(stop.signal)
      await client.query('commit -- runAlone')
      return isMine
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
 * Takes the lock of a chore. Starts a transaction that holds it until the transaction or the connection ends.
 *
 * It is not a session lock: a pooler in transaction mode would leave that on a shared connection. The
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
