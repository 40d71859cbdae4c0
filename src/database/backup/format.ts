// The file of a backup: gzip over lines of JSON. First what it is, then each table with its rows, then their counts.

import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { z } from 'zod'
import { backupLimits } from '../../config/database.ts'
import { StartError } from '../start-error.ts'

const header = z.object({ format: z.literal('kabar-backup-1'), takenAt: z.string(), migrations: z.array(z.string()) })
const table = z.object({ table: z.string(), columns: z.array(z.string()) })
const row = z.string()
const end = z.object({ end: z.literal(true), rows: z.record(z.string(), z.number()) })
const line = z.union([row, table, header, end])

/** The first line. Gives when the backup was taken, and its migrations in order. */
export type BackupHeader = z.infer<typeof header>

/** A line: the head of a table, or a row as PostgreSQL writes it: `(1,"a b",)`. */
export type BackupLine = z.infer<typeof line>

/**
 * Reads a whole backup and checks that it is complete.
 *
 * So a damaged one is refused before anything is changed. Throws StartError.
 *
 * @returns its first line, and how many rows it holds.
 */
export async function checkBackup(file: string): Promise<{ header: BackupHeader; rows: number }> {
  const counts: Record<string, number> = {}
  let current = ''
  let first: BackupHeader | undefined
  let isComplete = false
  for await (const item of readBackup(file)) {
    if (isComplete || (first === undefined) !== (typeof item === 'object' && 'format' in item)) throw damaged(file)
    if (typeof item === 'string') counts[current] = (counts[current] ?? Number.NaN) + 1
    else if ('format' in item) first = item
    else if ('table' in item) {
      current = item.table
      counts[current] = 0
    } else isComplete = sameCounts(counts, item.rows)
  }
  if (!first || !isComplete) throw damaged(file)
  return { header: first, rows: Object.values(counts).reduce((sum, count) => sum + count, 0) }
}

/** Reads the lines of a backup, one after another. Throws StartError when it is damaged. */
export async function* readBackup(file: string): AsyncGenerator<BackupLine> {
  const bytes = createGunzip()
  // a failure of either destroys both, and the loop below throws it
  pipeline(createReadStream(file), bytes, () => {})
  let rest = ''
  try {
    for await (const text of bytes.setEncoding('utf8')) {
      const parts = (rest + String(text)).split('\n')
      rest = parts.pop() ?? ''
      if ([rest, ...parts].some(({ length }) => length > backupLimits.lineLengthMax)) throw damaged(file)
      for (const part of parts) yield line.parse(JSON.parse(part))
    }
  } catch (cause) {
    throw explain(file, cause)
  }
  if (rest !== '') throw damaged(file)
}

function sameCounts(counted: Record<string, number>, said: Record<string, number>): boolean {
  const names = Object.keys(said)
  return names.length === Object.keys(counted).length && names.every((name) => counted[name] === said[name])
}

function explain(file: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (['ENOENT', 'EACCES', 'EISDIR'].includes(code)) {
    return new StartError(`Kabar cannot read the backup ${file} (${code}). Nothing was changed.`, { cause })
  }
  const isDamage = code.startsWith('Z_') || cause instanceof SyntaxError || cause instanceof z.ZodError
  return isDamage ? damaged(file, cause) : cause
}

function damaged(file: string, cause?: unknown): StartError {
  return new StartError(
    `${file} is not a complete backup of Kabar: it was cut off, changed, or made by something else. Nothing was changed. ` +
      'Take another copy of it, or an older backup.',
    { cause },
  )
}
