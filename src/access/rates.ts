// How often somebody may try something, counted in the database for all servers together.

import { hash } from 'node:crypto'
import type pg from 'pg'
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { Config } from '../config/config.ts'
import { type RateName, rateSweepMs } from '../config/rates.ts'
import type { Chore } from '../database/chores.ts'
import type { Database } from '../database/client.ts'
import { translateFault } from '../database/faults.ts'
import { AppError } from '../errors.ts'

/** Who tries what: the parts of a key. One that is null is not counted, such as the address of a command. */
export type Attempt = readonly [rate: RateName, ...key: (string | null)[]]

/** Counts attempts: see `createRates`. */
export interface Rates {
  /**
   * Counts attempts before they are made.
   *
   * @throws AppError RATE_LIMITED with the time to wait, SERVICE_UNAVAILABLE while the database is away.
   */
  take(...attempts: readonly Attempt[]): Promise<void>
  /**
   * Counts attempts and makes them. Those that throw were none, such as where the server has too much to do.
   *
   * @throws AppError what `take` and the work throw.
   */
  during<Result>(attempts: readonly Attempt[], work: () => Promise<Result>): Promise<Result>
  /** Takes one back: it was no failure. */
  giveBack(...attempts: readonly Attempt[]): Promise<void>
  /** Forgets all: whoever succeeds begins anew. */
  forget(...attempts: readonly Attempt[]): Promise<void>
}

/** What counting needs of the server. */
export interface RatesOptions extends Pick<Database, 'pool'>, Pick<Config, 'preparedStatements' | 'rates'> {}

/** Makes the counters of one server. Without rates they count nothing. */
export function createRates({ pool, preparedStatements, rates }: RatesOptions): Rates {
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
        // what is refused was not tried: else those who come while others are being let in would use up the points
        await giveBack(...taken, attempt)
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
        // without the database they stay counted; the first error says more
        await giveBack(...attempts).catch(() => {})
        throw error
      }
    },
    giveBack,
    forget: (...attempts) => each(attempts, (limiter, key) => limiter.delete(key)),
  }
}

/** The error of somebody who tries too often. */
function tooOften(waitMs: number): AppError {
  const retryAfterMs = Math.max(1, Math.ceil(waitMs))
  return new AppError('RATE_LIMITED', `Too many attempts: wait ${retryAfterMs} ms.`, { retryAfterMs })
}

/** Deletes counts that are over. */
export function createRateChore(pool: pg.Pool): Chore {
  return { name: 'rates', everyMs: rateSweepMs, run: () => deleteOldRates(pool) }
}

/** Deletes counts whose time is over, in one statement. */
export async function deleteOldRates(pool: pg.Pool): Promise<void> {
  const sql = `
    -- deleteOldRates: rate_limits_expire_idx
    delete from rate_limits
    where expire < $1`
  await pool.query(sql, [Date.now()])
}

/** A name or address of a fixed length that tells nobody who it was. */
function keyOf(parts: readonly (string | null)[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url')
}
