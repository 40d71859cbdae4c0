import { z } from 'zod'
import type { ServiceContext } from '../../access/context.ts'
import type { Report } from '../../generated/prisma/client.ts'
import { parseKeyset } from '../../input/keyset.ts'
import { parseInput } from '../../input/parse.ts'
import { deleteReported, listOpenReports, type OpenReport, settleReport } from '../../messages/reports/service.ts'
import { assertOperator } from '../access.ts'

/** Selects a page of open reports. */
export interface OperatorReportsQuery {
  readonly withModerated: boolean
  readonly keyset: readonly string[] | null
  readonly take: number
}

/**
 * Lists open reports that no moderator sees, or all, for an operator. Oldest first.
 *
 * @throws AppError FORBIDDEN, BAD_USER_INPUT
 */
export async function listReportsForOperator(
  context: ServiceContext,
  { withModerated, keyset, take }: OperatorReportsQuery,
): Promise<OpenReport[]> {
  await assertOperator(context)
  return listOpenReports(context, { withModerated, take, after: parseKeyset(keyset) })
}

const reportInput = z.object({ reportId: z.uuid() })

/**
 * Marks a report of any room as resolved.
 *
 * @throws AppError UNAUTHENTICATED, FORBIDDEN, NOT_FOUND
 */
export async function resolveAnyReport(context: ServiceContext, input: z.input<typeof reportInput>): Promise<Report> {
  await assertOperator(context)
  const { reportId } = parseInput(reportInput, input)
  return settleReport(context, reportId, (tx) => assertOperator(context, tx))
}

/**
 * Deletes the message of a report of any room, and marks the report as resolved.
 *
 * @throws AppError UNAUTHENTICATED, FORBIDDEN, NOT_FOUND
 */
export async function deleteReportedMessage(
  context: ServiceContext,
  input: z.input<typeof reportInput>,
): Promise<Report> {
  await assertOperator(context)
  const { reportId } = parseInput(reportInput, input)
  return deleteReported(context, reportId, (tx) => assertOperator(context, tx))
}
