// Data exports of users: requested here, made by a chore, downloaded by a signed URL.

import { createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ZipFile } from 'yazl'
import { z } from 'zod'
import { assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { assertSessionLive } from '../../auth/sessions/service.ts'
import { inOrder } from '../../concurrency/loader.ts'
import { dataExportLimits } from '../../config/account.ts'
import { mediaLimits } from '../../config/media.ts'
import { type Chore, repeat } from '../../database/chores.ts'
import { fileMode } from '../../database/private-files.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { AppError } from '../../errors.ts'
import type { DataExport } from '../../generated/prisma/client.ts'
import { parseInput } from '../../input/parse.ts'
import type { MediaFiles } from '../../media/files.ts'
import { reserveFiles } from '../../media/queries.ts'
import { newStorageKey } from '../../media/storage/storage.ts'
import { archiveParts } from './archive-parts.ts'
import { type PartSources, toEntry, writePart } from './archive-writer.ts'
import {
  completeExport,
  deleteExpiredExports,
  type ExportedFile,
  type ExportToMake,
  readFiles,
  readHopelessExports,
  takeExport,
} from './queries.ts'

const { exportsPerDayMax, keptDays, rowsPerReadMax, triesMax, everyMs } = dataExportLimits
const dayMs = 86_400_000

/** The parts of the server that making exports needs. */
export interface ExportParts extends PartSources, Pick<ServiceContext, 'db' | 'feed' | 'log' | 'media'> {
  readonly files: Pick<MediaFiles, 'storage' | 'newPath'>
}

const requestInput = z.object({ includeMedia: z.boolean().default(true) })

/**
 * Requests an export of the viewer's data. Returns the pending export when there is one.
 *
 * @throws AppError UNAUTHENTICATED, SESSION_EXPIRED, RATE_LIMITED past `exportsPerDayMax`.
 */
export async function requestDataExport(
  context: ServiceContext,
  input: { [Name in keyof z.input<typeof requestInput>]: z.input<typeof requestInput>[Name] | null | undefined },
): Promise<DataExport> {
  const { userId, sessionId } = assertSignedIn(context)
  const { includeMedia } = parseInput(requestInput, { includeMedia: input.includeMedia ?? undefined })
  return context.feed.write([userId], async ({ tx, audit }) => {
    await assertSessionLive(context, tx, sessionId)
    const pending = await tx.dataExport.findFirst({ where: { userId, status: 'PENDING' } })
    if (pending) return pending
    const now = context.clock.now()
    const recent = await tx.dataExport.findMany({
      where: { userId, requestedAt: { gt: new Date(now - dayMs) } },
      orderBy: { requestedAt: 'desc' },
      take: exportsPerDayMax,
    })
    const oldest = recent[exportsPerDayMax - 1]
    if (oldest) {
      const retryAfterMs = Math.max(1, oldest.requestedAt.getTime() + dayMs - now)
      throw new AppError(
        'RATE_LIMITED',
        `You can request ${exportsPerDayMax} exports a day. Wait, or download the last one.`,
        {
          retryAfterMs,
        },
      )
    }
    const requested = await tx.dataExport.create({
      data: { userId, hasMedia: includeMedia, requestedAt: new Date(now), expiresAt: new Date(now + keptDays * dayMs) },
    })
    audit({ kind: 'EXPORT_REQUESTED', userId, subjectId: requested.id })
    return requested
  })
}

/** Finds the last export that the viewer requested. Null when there is none, or it has expired. */
export function findDataExport(context: ServiceContext): Promise<DataExport | null> {
  const { userId } = assertSignedIn(context)
  return context.db.dataExport.findFirst({
    where: { userId, expiresAt: { gt: new Date(context.clock.now()) } },
    orderBy: [{ requestedAt: 'desc' }, { id: 'desc' }],
  })
}

/** Loads exports by their ids, in that order. Null for missing or expired ones. */
export async function exportsByIds(
  { db, clock }: ServiceContext,
  ids: readonly string[],
): Promise<(DataExport | null)[]> {
  const isKept = { gt: new Date(clock.now()) }
  const rows = await db.dataExport.findMany({ where: { id: { in: [...ids] }, expiresAt: isKept } })
  return inOrder(ids, rows, (row) => row.id)
}

/** Creates the chore that makes and expires exports: see `makeExports`. */
export const exportChore = (parts: ExportParts): Chore => ({
  name: 'data exports',
  everyMs,
  run: (signal) => makeExports(parts, signal),
})

/**
 * Makes the pending exports, and deletes expired ones.
 *
 * A failed export is tried again in the next run, on any server, and marked as failed after `triesMax` tries. A try that
 * the signal aborts does not count. The user gets an event for success and for failure.
 */
export async function makeExports(parts: ExportParts, signal: AbortSignal): Promise<void> {
  const { sql, log } = parts
  await repeat(() => removeExpired(parts), { take: mediaLimits.sweepMax, signal })
  await giveUp(parts)
  for (let made = 0; made < dataExportLimits.exportsPerRunMax && !signal.aborted; made++) {
    const taken = await takeExport(sql, triesMax)
    if (!taken) return
    try {
      await makeExport(parts, taken, signal)
    } catch (error) {
      if (signal.aborted) return giveBack(parts, taken)
      log.warn({ err: error, exportId: taken.id, tries: taken.tries }, 'a data export failed')
      if (taken.tries < triesMax) return
      await giveUp(parts)
    }
  }
}

async function removeExpired({ sql, media }: ExportParts): Promise<number> {
  const keys = await deleteExpiredExports(sql, mediaLimits.sweepMax)
  await media.removeFiles(keys)
  return keys.length
}

/** Gives back a try that the shutdown of the server aborted, so that a large export survives any number of restarts. */
async function giveBack({ db }: ExportParts, { id }: ExportToMake): Promise<void> {
  await db.dataExport.updateMany({ where: { id, status: 'PENDING' }, data: { tries: { decrement: 1 } } })
}

/** Marks exports as failed that have used up their tries. */
async function giveUp({ sql, feed }: ExportParts): Promise<void> {
  for (const { id, userId } of await readHopelessExports(sql, triesMax, dataExportLimits.exportsPerRunMax)) {
    await feed.write([userId], async ({ tx, append, audit }) => {
      const { count } = await tx.dataExport.updateMany({ where: { id, status: 'PENDING' }, data: { status: 'FAILED' } })
      if (count === 0) return
      append({ topicId: userId, kind: 'DATA_EXPORT_ENDED', actorId: userId, subject: id })
      audit({ kind: 'EXPORT_ENDED', userId, subjectId: id, detail: 'FAILED' })
    })
  }
}

async function makeExport(parts: ExportParts, taken: ExportToMake, signal: AbortSignal): Promise<void> {
  const { db, files, feed, media } = parts
  const { id, userId } = taken
  const path = files.newPath()
  try {
    await writeArchive(parts, { taken, path, signal })
    const { size: bytes } = await stat(path)
    const storageKey = newStorageKey()
    // if the server crashes from here on, a sweep finds the file
    await reserveFiles(db, [storageKey], new Date(Date.now() + mediaLimits.incomingAgeMaxMs))
    await files.storage.put(storageKey, path)
    const isCompleted = await feed.write([userId], async ({ tx, append, audit }) => {
      if (!(await completeExport(sqlOfPrisma(tx), { id, storageKey, bytes, keptDays }))) return false
      append({ topicId: userId, kind: 'DATA_EXPORT_ENDED', actorId: userId, subject: id })
      audit({ kind: 'EXPORT_ENDED', userId, subjectId: id, detail: 'READY' })
      return true
    })
    if (!isCompleted) await media.removeFiles([storageKey])
  } finally {
    await rm(path, { force: true })
  }
}

/** Writes the archive as a stream, so that no long history or large file is held in memory. */
async function writeArchive(
  parts: ExportParts,
  { taken, path, signal }: { taken: ExportToMake; path: string; signal: AbortSignal },
): Promise<void> {
  const { db, files, formatId } = parts
  const { userId, hasMedia } = taken
  const zip = new ZipFile()
  const failing = new AbortController()
  const fail = (error: unknown) => failing.abort(error)
  const open = new Set<Readable>()
  zip.on('error', fail)
  const add = (name: string, read: () => Promise<Readable>, compress = true) =>
    zip.addReadStreamLazy(name, { compress }, (give) => {
      read().then((stream) => {
        open.add(stream)
        stream.on('error', fail).on('close', () => open.delete(stream))
        give(null, stream)
      }, fail)
    })
  const writing = pipeline(zip.outputStream, createWriteStream(path, { flags: 'wx', mode: fileMode }), {
    signal: AbortSignal.any([signal, failing.signal]),
  })
  // it may fail before it is awaited
  writing.catch(() => {})
  try {
    const { id: _, avatarId, ...profile } = await db.user.findUniqueOrThrow({ where: { id: userId } })
    const written = toEntry({ ...profile, avatarMediaId: avatarId }, formatId)
    add('profile.json', async () =>
      Readable.from([JSON.stringify({ userId: formatId('User', userId), ...written }, null, 2)]),
    )
    for (const name of Object.keys(archiveParts)) {
      add(`${name}.json`, async () => Readable.from(writePart(parts, { name, taken })))
    }
    for await (const file of hasMedia ? eachFile(parts, userId) : []) {
      const read = async () => (await files.storage.read(file.storageKey)) ?? Readable.from([])
      add(`media/${formatId('Media', file.id)}-${file.name}`, read, false)
    }
    zip.end()
    await writing
  } catch (error) {
    fail(error)
    throw failing.signal.reason ?? error
  } finally {
    for (const stream of open) stream.destroy()
  }
}

async function* eachFile({ db }: ExportParts, userId: string): AsyncGenerator<ExportedFile> {
  let after: string | null = null
  for (;;) {
    const page: ExportedFile[] = await readFiles(db, { userId, after, take: rowsPerReadMax })
    yield* page
    if (page.length < rowsPerReadMax) return
    after = page.at(-1)?.id ?? null
  }
}
