// Moves a database into a file and back.

import { join, resolve } from 'node:path'
import { type Config, readConfig } from '../config/config.ts'
import { backupLimits } from '../config/database.ts'
import { writeBackup } from '../database/backup/backup.ts'
import { restoreBackup } from '../database/backup/restore.ts'
import type { Action } from './command.ts'
import { withPostgres } from './database.ts'

/** Writes everything in the database to a file, while servers go on. */
export const backupCommand: Action = {
  about: 'write everything in PostgreSQL to a new file, also while servers run; uploaded files are not in it',
  given: ['FILE'],
  async run({ given: [name = ''] }) {
    const config = readConfig()
    const file = pathOf(name)
    const rows = await withProgress((onProgress) =>
      withPostgres(config, (url) => writeBackup({ url, file, onProgress })),
    )
    const secret = 'Keep it safe: it holds the keys that sign tokens.'
    return `Wrote ${count(rows)} to ${file}. ${secret}\n${filesAdvice(config, 'Back them up now')}`
  },
}

/** Replaces what is in the database by a backup. */
export const restoreCommand: Action = {
  about: 'read a backup into an empty database, while no server runs on it',
  given: ['FILE'],
  options: { force: { about: 'delete what is in the database before' } },
  // the database is empty before, and what was in it is gone
  recorded: 'after',
  async run({ given: [name = ''], options }) {
    const config = readConfig()
    const [file, force] = [pathOf(name), options.force !== undefined]
    const { rows, takenAt } = await withProgress((onProgress) =>
      withPostgres(config, (url) => restoreBackup({ url, file, force, onProgress })),
    )
    return `Restored ${count(rows)}, of ${takenAt}.\n${filesAdvice(config, 'Restore them too')}`
  },
}

const count = (rows: number) => `${rows.toLocaleString('en')} rows`

function filesAdvice({ dataDirectory, media }: Config, what: string): string {
  const where = media.s3 ? 'in your S3 bucket' : `in the folder ${join(resolve(dataDirectory), 'media')}`
  return `Uploaded files are not in it: they are ${where}. ${what}.`
}

/** npm runs commands in the folder of the project, and says where it was called. */
function pathOf(name: string): string {
  // biome-ignore lint/style/noProcessEnv: it is no setting
  return resolve(process.env.INIT_CWD ?? '.', name)
}

/** Shows on a terminal how far a work is, in one line that is gone at the end. */
async function withProgress<T>(work: (onProgress: (table: string, rows: number) => void) => Promise<T>): Promise<T> {
  const { stderr } = process
  if (!stderr.isTTY) return work(() => {})
  let shownAt = 0
  const clear = '\r\u001b[K'
  try {
    return await work((table, rows) => {
      if (Date.now() - shownAt < backupLimits.progressMs) return
      shownAt = Date.now()
      stderr.write(`${clear}${table}: ${count(rows)} until now`)
    })
  } finally {
    stderr.write(clear)
  }
}
