import { limits } from '../../config/config.ts'
import type { Report } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { forwardArgs, readPage } from '../../graphql/pages.ts'
import { formatId, parseId } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { MessageRef, messageOf } from '../schema.ts'
import { listReports, reportMessage, resolveReport } from './service.ts'

const ReportRef = builder.objectRef<Report>('Report').implement({
  description: 'What a member finds wrong with a message, for those who moderate its room.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `report_…`.', resolve: (report) => formatId('Report', report.id) }),
    message: t.field({
      type: MessageRef,
      description: 'The message as it is now: a tombstone once it is deleted.',
      resolve: (report, _, context) => messageOf(context, report.messageId),
    }),
    reporter: t.field({
      type: UserRef,
      description: 'Who reported it.',
      resolve: (report, _, context) => userOf(context, report.reporterId),
    }),
    reason: t.exposeString('reason', {
      description: `What is wrong with it, in the words of the reporter: at most ${limits.reportReasonLengthMax} characters.`,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was first reported.' }),
    resolvedAt: t.expose('resolvedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When somebody dealt with it. Null while nobody has.',
    }),
  }),
})

const ReportConnection = builder.connectionObject(
  { type: ReportRef, name: 'ReportConnection', description: 'A page of reports.' },
  { name: 'ReportEdge', description: 'A report and its place on the page.' },
)

builder.prismaObjectField(RoomRef, 'reports', (t) =>
  t.field({
    type: ReportConnection,
    description:
      'Reports of its messages, the newest first. For the owner and admins, without those of the viewer’s own messages. Errors: FORBIDDEN, BAD_USER_INPUT.',
    args: {
      isResolved: t.arg.boolean({
        description: 'Only those that are dealt with, or only those that are not; all when not given.',
      }),
      ...forwardArgs(),
    },
    resolve: (room, { isResolved, ...args }, context) =>
      readPage(args, {
        read: (page) => listReports(context, { ...page, roomId: room.id, isResolved: isResolved ?? null }),
        keysOf: (report) => [report.createdAt.toISOString(), report.id],
      }),
  }),
)

const ReportMessageInput = builder.inputType('ReportMessageInput', {
  description: 'A message, and what is wrong with it.',
  fields: (t) => ({
    messageId: t.id({ required: true, description: 'A message of another member.' }),
    reason: t.string({ required: true, description: `1 to ${limits.reportReasonLengthMax} characters, not blank.` }),
  }),
})

const ResolveReportInput = builder.inputType('ResolveReportInput', {
  description: 'A report that is dealt with.',
  fields: (t) => ({ reportId: t.id({ required: true, description: 'The report.' }) }),
})

/** A payload with the report that a mutation changed. */
const reportPayload = (name: string, description: string) =>
  builder.objectRef<{ report: Report }>(name).implement({
    description,
    fields: (t) => ({ report: t.expose('report', { type: ReportRef, description: 'The report as it is now.' }) }),
  })

builder.mutationFields((t) => ({
  reportMessage: t.field({
    type: reportPayload('ReportMessagePayload', 'The result of reportMessage.'),
    description:
      'Tells those who moderate a room of a message, and where nobody but its author does, as in a DIRECT room, the operator of the server; once for each who reports it: again changes the reason, and reopens the report. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT when it is deleted, RATE_LIMITED.',
    args: { input: t.arg({ type: ReportMessageInput, required: true, description: 'The message and the reason.' }) },
    resolve: async (_, { input: { messageId, reason } }, context) => ({
      report: await reportMessage(context, { messageId: parseId('Message', messageId, 'messageId'), reason }),
    }),
  }),
  resolveReport: t.field({
    type: reportPayload('ResolveReportPayload', 'The result of resolveReport.'),
    description:
      'Marks a report as dealt with; again changes nothing. For the owner and admins of its room, other than the author of the message. Errors: NOT_FOUND.',
    args: { input: t.arg({ type: ResolveReportInput, required: true, description: 'The report.' }) },
    resolve: async (_, { input }, context) => ({
      report: await resolveReport(context, { reportId: parseId('Report', input.reportId, 'reportId') }),
    }),
  }),
}))
