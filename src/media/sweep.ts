// Deletes unused uploads, and the files of deleted rows.

import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { MediaAccess } from '../access/context.ts'
import { mediaLimits } from '../config/media.ts'
import { repeat } from '../database/chores.ts'
import type { Db } from '../database/client.ts'
import type { Sql } from '../database/sql.ts'
import type { MediaFiles } from './files.ts'
import { deleteUnusedMedia, forgetLeftovers, readLeftovers } from './queries.ts'

/** Options of a sweep. */
export interface SweepOptions {
  files: MediaFiles
  db: Db
  sql: Sql
}

type RemoverOptions = Pick<SweepOptions, 'files' | 'db'>

/** Creates the function that tries to delete the files of deleted rows at once. */
export function createMediaRemover({ files, db, log }: RemoverOptions & { log: Logger }): MediaAccess['removeFiles'] {
  return async (keys) => {
    try {
      await removeFiles({ files, db }, keys)
    } catch (error) {
      log.warn({ err: error }, 'failed to delete files; a sweep will try again')
    }
  }
}

/** Deletes unused uploads older than a day, and files without a row. */
export async function sweepMedia({ files, db, sql }: SweepOptions, signal: AbortSignal): Promise<void> {
  const { unusedMs, sweepMax: take } = mediaLimits
  const before = new Date(Date.now() - unusedMs)
  await repeat(() => deleteUnusedMedia(sql, { before, take }), { take, signal })
  await repeat(
    async () => {
      const keys = await readLeftovers(sql, take)
      await removeFiles({ files, db }, keys)
      return keys.length
    },
    { take, signal },
  )
  await sweepIncoming(files.incomingDirectory, signal)
}

/** Deletes files before their leftovers, so that a crash in between leaves a leftover to find. */
async function removeFiles({ files, db }: RemoverOptions, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  await files.storage.remove(keys)
  await forgetLeftovers(db, keys)
}

async function sweepIncoming(directory: string, signal: AbortSignal): Promise<void> {
  const before = Date.now() - mediaLimits.incomingAgeMaxMs
  for (const name of await readdir(directory)) {
    if (signal.aborted) return
    const path = join(directory, name)
    // another server may have removed it in the meantime
    const found = await stat(path).catch(() => null)
    if (found && found.mtimeMs < before) await rm(path, { force: true })
  }
}
