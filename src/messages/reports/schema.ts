import { limits } from '../../config/config.ts'
import type { Report } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { load } from '../../graphql/loaders.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { formatId, parseIds } from '../../input/ids.ts'
import { MediaRef } from '../../media/schema.ts'
import { attachmentsByMessageIds } from '../../media/service.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { MessageRef, messageOf } from '../schema.ts'
import { listReports, reportMessage, resolveReport } from './service.ts'

const ReportRef = builder.objectRef<Report>('Report').implement({
  description: 'A report of a message by a member, for the moderators of its room.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `report_…`.', resolve: (report) => formatId('Report', report.id) }),
    message: t.field({
      type: MessageRef,
      description: 'The message as it is now: a tombstone when it is deleted.',
      resolve: (report, _, context) => messageOf(context, report.messageId),
    }),
    body: t.exposeString('body', {
      nullable: true,
      description:
        'The body of the message when it was first reported, also when it was edited or deleted since. Null once the report is resolved.',
    }),
    attachments: t.field({
      type: [MediaRef],
      description: 'The files of the message, also when it was deleted since. Empty once the report is resolved.',
      resolve: async ({ messageId, resolvedAt }, _, context) =>
        resolvedAt ? [] : [...(await load(context, attachmentsByMessageIds, messageId))],
    }),
    reporter: t.field({
      type: UserRef,
      description: 'The member who reported it.',
      resolve: (report, _, context) => userOf(context, report.reporterId),
    }),
    reason: t.exposeString('reason', {
      description: `The reason that the reporter gave: at most ${limits.reportReasonLengthMax} characters.`,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was first reported.' }),
    resolvedAt: t.expose('resolvedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was resolved. Null while it is open.',
    }),
  }),
})

const ReportConnection = builder.connectionObject(
  { type: ReportRef, name: 'ReportConnection', description: 'A page of reports.' },
  { name: 'ReportEdge', description: 'A report and its cursor.' },
)

builder.prismaObjectField(RoomRef, 'reports', (t) =>
  t.field(
    pagedField({
      type: ReportConnection,
      description:
        'Reports of its messages, newest first. Requires ADMIN or OWNER. Excludes reports of the viewer’s own messages.',
      codes: ['FORBIDDEN'],
      args: {
        isResolved: t.arg.boolean({
          description: 'Only resolved (true) or only open (false) reports; all when omitted.',
        }),
      },
      read: (room, { isResolved = null, ...page }, context) =>
        listReports(context, { ...page, roomId: room.id, isResolved }),
      edgeOf: (report) => ({ keys: [report.createdAt.toISOString(), report.id], node: report }),
    }),
  ),
)

const ReportMessageInput = builder.inputType('ReportMessageInput', {
  description: 'A message to report, with a reason.',
  fields: (t) => ({
    messageId: t.id({ required: true, description: 'A message of another member.' }),
    reason: t.string({ required: true, description: `1 to ${limits.reportReasonLengthMax} characters, not blank.` }),
  }),
})

const ResolveReportInput = builder.inputType('ResolveReportInput', {
  description: 'A report to resolve.',
  fields: (t) => ({ reportId: t.id({ required: true, description: 'The report.' }) }),
})

/** Defines a payload with the report that a mutation changed. */
const reportPayload = (name: string, description: string) =>
  builder.objectRef<{ report: Report }>(name).implement({
    description,
    fields: (t) => ({ report: t.expose('report', { type: ReportRef, description: 'The report as it is now.' }) }),
  })

builder.mutationFields((t) => ({
  reportMessage: t.field({
    type: reportPayload('ReportMessagePayload', 'The result of reportMessage.'),
    description:
      'Reports a message to the moderators of its room, or to the operator of the server when there are none but its author, as in a DIRECT room. Reporting it again changes the reason and reopens the report.',
    codes: ['NOT_FOUND', 'BAD_USER_INPUT', 'CONFLICT when it is deleted', 'RATE_LIMITED'],
    args: { input: t.arg({ type: ReportMessageInput, required: true, description: 'The message and the reason.' }) },
    resolve: async (_, { input }, context) => ({
      report: await reportMessage(context, parseIds(input, { messageId: 'Message' })),
    }),
  }),
  resolveReport: t.field({
    type: reportPayload('ResolveReportPayload', 'The result of resolveReport.'),
    description:
      'Marks a report as resolved. Resolving it again changes nothing. Requires ADMIN or OWNER in its room; the author of the message may not.',
    codes: ['NOT_FOUND'],
    args: { input: t.arg({ type: ResolveReportInput, required: true, description: 'The report.' }) },
    resolve: async (_, { input }, context) => ({
      report: await resolveReport(context, parseIds(input, { reportId: 'Report' })),
    }),
  }),
}))
