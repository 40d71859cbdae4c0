import type pg from 'pg'
import type { Logger } from 'pino'

/** Settings with which a crash can lose a confirmed COMMIT. */
const safe: Record<string, readonly string[]> = {
  fsync: ['on'],
  synchronous_commit: ['on', 'local', 'remote_write', 'remote_apply'],
  full_page_writes: ['on'],
}

/** One of those settings as it is. */
export interface DurabilitySetting {
  readonly name: string
  readonly setting: string
  readonly isSafe: boolean
}

/** Reads the settings that decide whether confirmed messages survive a crash. */
export async function readDurability(client: pg.Pool | pg.Client): Promise<DurabilitySetting[]> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    '/* readDurability */ select name, setting from pg_settings where name = any($1) order by name',
    [Object.keys(safe)],
  )
  return rows.map((row) => ({ ...row, isSafe: safe[row.name]?.includes(row.setting) ?? true }))
}

/** Logs a warning when the database may lose confirmed messages. */
export async function warnOfDataLoss(pool: pg.Pool, log: Logger): Promise<void> {
  for (const { name, setting, isSafe } of await readDurability(pool)) {
    if (isSafe) continue
    log.warn(
      { setting: `${name}=${setting}` },
      'PostgreSQL MAY LOSE MESSAGES that it has confirmed: correct this setting.',
    )
  }
}
