import type pg from 'pg'
import type { Logger } from 'pino'

/** Settings under which PostgreSQL answers a COMMIT that a crash can still lose. */
const safe: Record<string, readonly string[]> = {
  fsync: ['on'],
  synchronous_commit: ['on', 'local', 'remote_write', 'remote_apply'],
  full_page_writes: ['on'],
}

/** Says loudly when the database may lose messages that it has confirmed. */
export async function warnOfDataLoss(pool: pg.Pool, log: Logger): Promise<void> {
  const { rows } = await pool.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1)',
    [Object.keys(safe)],
  )
  for (const { name, setting } of rows) {
    if (safe[name]?.includes(setting)) continue
    log.warn(
      { setting: `${name}=${setting}` },
      'PostgreSQL MAY LOSE MESSAGES that it has confirmed: mend this setting.',
    )
  }
}
