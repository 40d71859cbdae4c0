// Reports of messages: made by members, resolved by moderators of the room, settled by operators.

import { z } from 'zod'
import { assertCan, assertCanFind, assertSignedIn } from '../../access/access.ts'
import type { ServiceContext } from '../../access/context.ts'
import { limits } from '../../config/config.ts'
import type { Transaction } from '../../database/client.ts'
import { sqlOfPrisma } from '../../database/sql.ts'
import { newUuidIn } from '../../database/uuid.ts'
import { AppError, badInput, notFound } from '../../errors.ts'
import type { Feed } from '../../feed/feed.ts'
import type { Write } from '../../feed/write.ts'
import type { Media, Message, Report, Room, User } from '../../generated/prisma/client.ts'
import { type Keyset, parseKeyset } from '../../input/keyset.ts'
import { parseInput } from '../../input/parse.ts'
import { bodyText } from '../../input/text.ts'
import { deleteAttachments } from '../../media/service.ts'
import { buryMessages } from '../deletion/service.ts'
import { findReadableMessage, getMessage } from '../service.ts'
import { readOpenReportIds, readRoomReports } from './queries.ts'

const reportInput = z.object({
  messageId: z.uuid(),
  reason: bodyText({ lengthMax: limits.reportReasonLengthMax }),
})

/**
 * Reports a message to the moderators of its room.
 *
 * Reporting it again changes the reason and reopens the report. A report that is open keeps what the message said first,
 * which its author may have edited since.
 *
 * @throws AppError NOT_FOUND, BAD_USER_INPUT for a message of the viewer or the server, CONFLICT when it is deleted,
 * RATE_LIMITED.
 */
export async function reportMessage(context: ServiceContext, input: z.input<typeof reportInput>): Promise<Report> {
  const { userId } = assertSignedIn(context)
  const { messageId, reason } = parseInput(reportInput, input)
  await context.rates.take(['reportsOfUser', userId])
  const { roomId, authorId, kind } = await findReadableMessage(context, messageId)
  if (authorId === userId) throw badInput('messageId', 'is your own message')
  if (kind !== 'TEXT') throw badInput('messageId', 'is a system message')
  return context.feed.write([roomId], async ({ tx, audit }) => {
    await assertCan(context, { roomId, action: 'report', tx })
    const { deletedAt, body } = await getMessage(tx, messageId)
    if (deletedAt) throw new AppError('CONFLICT', 'The message is deleted and cannot be reported.')
    const where = { messageId_reporterId: { messageId, reporterId: userId } }
    const before = await tx.report.findUnique({ where })
    const report = await tx.report.upsert({
      where,
      create: { id: newUuidIn(roomId), messageId, roomId, reporterId: userId, reason, body },
      update: { reason, body: before?.body ?? body, resolvedAt: null },
    })
    audit({ kind: 'MESSAGE_REPORTED', userId, roomId, subjectId: report.id })
    return report
  })
}

const resolveInput = z.object({ reportId: z.uuid() })

/**
 * Marks a report as resolved. Resolving it again changes nothing.
 *
 * @throws AppError NOT_FOUND, the same for a report that does not exist, one of a room that the viewer does not moderate, and
 * one of the viewer's own message.
 */
export async function resolveReport(context: ServiceContext, input: z.input<typeof resolveInput>): Promise<Report> {
  const { userId } = assertSignedIn(context)
  const { reportId } = parseInput(resolveInput, input)
  const report = await context.db.report.findUnique({ where: { id: reportId } })
  // a missing report takes as long as one that the viewer may not see: no room has its id
  const roomId = report?.roomId ?? reportId
  const { resolved, files } = await context.feed.write([roomId], async (write) => {
    const { tx } = write
    await assertCanFind(context, { roomId, action: 'moderateMessages', tx, what: 'report' })
    const about = report && (await tx.message.findUnique({ where: { id: report.messageId } }))
    if (about?.authorId === userId) throw notFound('report')
    return markResolved(write, reportId)
  })
  await context.media.removeFiles(files)
  return resolved
}

/**
 * Marks a report as resolved, whose room is locked. What it kept of the message goes with the last open report of it.
 *
 * @param detail of the security event.
 * @returns the report, and the keys of files to remove after COMMIT.
 */
async function markResolved(
  { tx, audit }: Write,
  id: string,
  detail: string | null = null,
): Promise<{ resolved: Report; files: string[] }> {
  const now = await tx.report.findUniqueOrThrow({ where: { id }, include: { message: true } })
  const { message, ...report } = now
  if (now.resolvedAt) return { resolved: report, files: [] }
  const { reporterId: userId, roomId } = report
  // of the reporter: who wrote the message is not told of reports
  audit({ kind: 'REPORT_RESOLVED', userId, roomId, subjectId: id, detail })
  const resolved = await tx.report.update({ where: { id }, data: { resolvedAt: new Date(), body: null } })
  return { resolved, files: message.deletedAt ? await deleteAttachments(tx, [message.id]) : [] }
}

/** Selects a page of the reports of a room. */
export interface ReportsQuery {
  roomId: string
  /** True if the reports are resolved; null for all. */
  isResolved: boolean | null
  /** The time and id of the report after which the page begins. */
  keyset: readonly string[] | null
  take: number
}

/**
 * Lists the reports of a room that the viewer moderates, newest first.
 *
 * Reports of the viewer's own messages are left to the other moderators.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT for a cursor of another list.
 */
export async function listReports(context: ServiceContext, query: ReportsQuery): Promise<Report[]> {
  const { roomId, isResolved, take } = query
  const { userId } = assertSignedIn(context)
  await assertCan(context, { roomId, action: 'moderateMessages' })
  return readRoomReports(context.sql, { roomId, viewerId: userId, isResolved, take, after: parseKeyset(query.keyset) })
}

/** A report with everything an operator needs to judge it. */
export interface OpenReport extends Report {
  readonly room: Room
  readonly reporter: User
  /** Its files are there as long as the report is open, also when it was deleted since. */
  readonly message: Message & { author: User | null; attachments: Media[] }
}

/** Selects open reports of all rooms. */
export interface OpenReportsList {
  withModerated: boolean
  after?: Keyset | null
  take?: number
}

/**
 * Lists open reports that no moderator sees, for the operator.
 *
 * These are reports in direct rooms, in rooms that are deleted or without members, and of messages by the only moderator;
 * with `withModerated`, all. Oldest first.
 */
export async function listOpenReports(
  { db }: Pick<ServiceContext, 'db'>,
  { withModerated, after = null, take = limits.reportsShownMax }: OpenReportsList,
): Promise<OpenReport[]> {
  const ids = await readOpenReportIds(sqlOfPrisma(db), { withModerated, after, take })
  const attachments = { orderBy: { position: 'asc' } } as const
  return db.report.findMany({
    where: { id: { in: ids } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    include: { room: true, reporter: true, message: { include: { author: true, attachments } } },
  })
}

/**
 * Marks a report of any room as resolved. For the operator.
 *
 * @param assertMay called in the transaction; throws when the operator may not.
 * @throws AppError NOT_FOUND
 */
export async function settleReport(
  { feed }: { feed: Pick<Feed, 'write'> },
  reportId: string,
  assertMay: (tx: Transaction) => Promise<unknown> = async () => {},
): Promise<Report> {
  const { resolved } = await feed.write([], async (write) => {
    await assertMay(write.tx)
    if (!(await write.tx.report.findUnique({ where: { id: reportId } }))) throw notFound('report')
    // the files follow their rows by a trigger, and are removed by the next sweep
    return markResolved(write, reportId)
  })
  return resolved
}

/**
 * Deletes the message of a report of any room, and marks the report as resolved. For the operator.
 *
 * A message that is deleted already stays as it is.
 *
 * @param assertMay called in the transaction; throws when the operator may not.
 * @throws AppError NOT_FOUND
 */
export async function deleteReported(
  { db, feed, media }: Pick<ServiceContext, 'db' | 'feed' | 'media'>,
  reportId: string,
  assertMay: (tx: Transaction) => Promise<unknown>,
): Promise<Report> {
  const report = await db.report.findUnique({ where: { id: reportId } })
  if (!report) throw notFound('report')
  const { roomId, messageId } = report
  const { resolved, files } = await feed.write([roomId], async (write) => {
    await assertMay(write.tx)
    const found = await write.tx.report.findUnique({ where: { id: reportId }, include: { message: true } })
    if (!found) throw notFound('report')
    const burial = { roomId, messageIds: [messageId], actorId: null, by: 'OPERATOR' } as const
    const buried = found.message.deletedAt ? [] : await buryMessages(write, burial)
    const settled = await markResolved(write, reportId, 'message deleted')
    return { ...settled, files: [...buried, ...settled.files] }
  })
  await media.removeFiles(files)
  return resolved
}
