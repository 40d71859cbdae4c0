// Rate limits, counted in the database for all servers together.

import { hash } from 'node:crypto'
import type pg from 'pg'
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { Config } from '../config/config.ts'
import { type RateName, rateSweepMs } from '../config/rates.ts'
import type { Chore } from '../database/chores.ts'
import type { Database } from '../database/client.ts'
import { translateFault } from '../database/faults.ts'
import { AppError } from '../errors.ts'
import type { Metrics } from '../metrics/metrics.ts'

/** A rate and its key. An attempt with a null in its key is not counted, such as the address of a command. */
export type Attempt = readonly [rate: RateName, ...key: (string | null)[]]

/** Counts attempts: see `createRates`. */
export interface Rates {
  /**
   * Counts attempts before they are made.
   *
   * @throws AppError RATE_LIMITED with the time to wait, SERVICE_UNAVAILABLE while the database is unavailable.
   */
  take(...attempts: readonly Attempt[]): Promise<void>
  /**
   * Counts attempts and runs them. An attempt that throws is not counted, for example when the server is overloaded.
   *
   * @throws the errors of `take` and of the work.
   */
  during<Result>(attempts: readonly Attempt[], work: () => Promise<Result>): Promise<Result>
  /** Gives attempts back, because they did not fail. */
  giveBack(...attempts: readonly Attempt[]): Promise<void>
  /** Resets the counts to 0, after a success. */
  forget(...attempts: readonly Attempt[]): Promise<void>
}

/** The parts of the server that counting needs. */
export interface RatesOptions extends Pick<Database, 'pool'>, Pick<Config, 'preparedStatements' | 'rates'> {
  readonly metrics: Pick<Metrics, 'add'>
}

/** Creates the rate limiters of one server. Without rates they count nothing. */
export function createRates({ pool, preparedStatements, rates, metrics }: RatesOptions): Rates {
  if (!rates) return { async take() {}, during: (_, work) => work(), async giveBack() {}, async forget() {} }
  // behind an old pooler in transaction mode a statement must have no name
  const query = ({ text, values, name }: pg.QueryConfig) =>
    pool.query(preparedStatements && name ? { text, values: values ?? [], name } : { text, values: values ?? [] })
  const limiters = new Map(
    Object.entries(rates).map(([name, { points, seconds: duration }]) => {
      const limiter = new RateLimiterPostgres({
        storeClient: { query },
        storeType: 'client',
        tableName: 'rate_limits',
        tableCreated: true,
        clearExpiredByTimeout: false, // createRateChore does it
        keyPrefix: name,
        points,
        duration,
        // a block in memory would outlast the points that come back
      })
      return [name, limiter]
    }),
  )

  async function each(
    attempts: readonly Attempt[],
    work: (limiter: RateLimiterPostgres, key: string) => Promise<unknown>,
  ): Promise<void> {
    for (const [name, ...parts] of attempts) {
      const limiter = limiters.get(name)
      if (limiter && !parts.includes(null)) await work(limiter, keyOf(parts))
    }
  }

  const giveBack: Rates['giveBack'] = (...attempts) => each(attempts, (limiter, key) => limiter.reward(key))

  const take: Rates['take'] = async (...attempts) => {
    const taken: Attempt[] = []
    for (const attempt of attempts) {
      try {
        await each([attempt], (limiter, key) => limiter.consume(key))
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw translateFault(error)
        // a refused attempt gives its points back: parallel attempts would otherwise use up the points of each other
        await giveBack(...taken, attempt)
        metrics.add('rate_limited_total', { kind: attempt[0] })
        throw tooOften(error.msBeforeNext)
      }
      taken.push(attempt)
    }
  }

  return {
    take,
    async during(attempts, work) {
      await take(...attempts)
      try {
        return await work()
      } catch (error) {
        // while the database is unavailable they stay counted; the first error is more useful
        await giveBack(...attempts).catch(() => {})
        throw error
      }
    },
    giveBack,
    forget: (...attempts) => each(attempts, (limiter, key) => limiter.delete(key)),
  }
}

/** The error of too many attempts. */
function tooOften(waitMs: number): AppError {
  const retryAfterMs = Math.max(1, Math.ceil(waitMs))
  return new AppError('RATE_LIMITED', `Too many attempts: wait ${retryAfterMs} ms.`, { retryAfterMs })
}

/** Creates the chore that deletes expired counts. */
export function createRateChore(pool: pg.Pool): Chore {
  return { name: 'rates', everyMs: rateSweepMs, run: () => deleteOldRates(pool) }
}

/** Deletes expired counts, in one statement. */
export async function deleteOldRates(pool: pg.Pool): Promise<void> {
  const sql = `
    -- deleteOldRates: rate_limits_expire_idx
    delete from rate_limits
    where expire < $1`
  await pool.query(sql, [Date.now()])
}

/** Hashes a key, so that it has a fixed length and does not reveal the name or address. */
function keyOf(parts: readonly (string | null)[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url')
}
