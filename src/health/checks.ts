// The checks that `/readyz` of a running server and `kabar doctor` share.

import { stat, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { clockLimits } from '../config/database.ts'
import { doctorLimits } from '../config/doctor.ts'
import type { Comparison } from '../database/migrations/migrate.ts'
import { bad, check, type Finding, good } from './findings.ts'

const megabyte = 1_048_576

/** Checks the free space on the disk of the data folder. */
export function checkDisk(
  { dataDirectory }: Pick<Config, 'dataDirectory'>,
  bytesMin: number = doctorLimits.diskFreeBytesMin,
): Promise<Finding> {
  const look = async () => {
    const { bavail, bsize } = await statfs(await existing(resolve(dataDirectory)))
    const free = `${Math.floor((bavail * bsize) / megabyte)} MB free`
    if (bavail * bsize >= bytesMin) return good('disk', free)
    const least = Math.ceil(bytesMin / megabyte)
    return bad('disk', free, `Free at least ${least} MB on the disk of KABAR_DATA, or move it to another disk.`)
  }
  return check('disk', look, 'Set KABAR_DATA to a readable folder.')
}

/** The folder, or the existing parent in which it would be created. */
async function existing(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => null)
  return found || dirname(folder) === folder ? folder : existing(dirname(folder))
}

/** Judges which migrations a database lacks, and which it has. */
export function judgeMigrations({ missing, applied }: Comparison): Finding {
  if (missing.length === 0) return good('migrations', 'all applied')
  if (applied.length === 0) return good('migrations', 'none yet: the first start of a server creates all tables')
  const advice = 'Apply them with `npm run kabar -- migrate`; the next start of a server also does.'
  return bad('migrations', `${missing.length} to apply, starting with ${missing[0]}`, advice)
}

/** Checks the usage of the notification queue, from 0 to 1. */
export function judgeQueue(usage: number): Finding {
  const percent = `${(usage * 100).toFixed(1)} % full`
  if (usage <= doctorLimits.queueUsageMax) return good('notification queue', percent)
  const advice =
    'A listening connection is stuck in a transaction: find it in pg_stat_activity and end it (pg_terminate_backend).'
  return bad('notification queue', percent, advice)
}

/**
 * Checks the clock of this machine.
 *
 * @param aheadMs how far it is ahead of PostgreSQL's; negative when it is behind.
 */
export function judgeClock(aheadMs: number): Finding {
  const detail = `${Math.abs(aheadMs)} ms ${aheadMs > 0 ? 'ahead of' : 'behind'} the database`
  if (Math.abs(aheadMs) <= clockLimits.aheadMsMax) return good('clock', detail)
  return bad(
    'clock',
    detail,
    'Synchronize the clocks of both machines, for example by NTP. Tokens and deadlines use the clock of the database, visits and logs do not.',
  )
}
