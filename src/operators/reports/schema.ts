import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { formatId, parseIds } from '../../input/ids.ts'
import type { OpenReport } from '../../messages/reports/service.ts'
import { OperatorRoomRef } from '../rooms/schema.ts'
import { OperatorRef } from '../schema.ts'
import { OperatorUserRef } from '../users/schema.ts'
import { listReportsForOperator, resolveAnyReport } from './service.ts'

const OperatorReportRef = builder.objectRef<OpenReport>('OperatorReport').implement({
  description: 'An open report as operators see it.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `report_…`.', resolve: ({ id }) => formatId('Report', id) }),
    reason: t.exposeString('reason', {
      description: `The reason that the reporter gave: at most ${limits.reportReasonLengthMax} characters.`,
    }),
    body: t.exposeString('body', { nullable: true, description: 'The body of the message when it was reported.' }),
    reporter: t.expose('reporter', { type: OperatorUserRef, description: 'Who reported it.' }),
    author: t.field({
      type: OperatorUserRef,
      nullable: true,
      description: 'Who wrote the message. Null for a message of the server.',
      resolve: ({ message }) => message.author,
    }),
    room: t.expose('room', { type: OperatorRoomRef, description: 'The room of the message.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was first reported.' }),
  }),
})

const OperatorReportConnection = builder.connectionObject(
  { type: OperatorReportRef, name: 'OperatorReportConnection', description: 'A page of open reports.' },
  { name: 'OperatorReportEdge', description: 'A report and its cursor.' },
)

builder.objectField(OperatorRef, 'reports', (t) =>
  t.field(
    pagedField({
      type: OperatorReportConnection,
      description:
        'Open reports that no moderator sees, oldest first: of direct rooms, and of rooms without a moderator but the author.',
      args: {
        withModerated: t.arg.boolean({
          description: 'Whether to include reports that moderators see. Default: false.',
        }),
      },
      read: (_, { withModerated, ...page }, context) =>
        listReportsForOperator(context, { ...page, withModerated: withModerated ?? false }),
      edgeOf: (report) => ({ keys: [report.createdAt.toISOString(), report.id], node: report }),
    }),
  ),
)

const ResolveAnyReportInput = builder.inputType('ResolveAnyReportInput', {
  description: 'A report of any room.',
  fields: (t) => ({ reportId: t.id({ required: true, description: 'The report.' }) }),
})

const ResolveAnyReportPayload = builder.objectRef<{ reportId: string }>('ResolveAnyReportPayload').implement({
  description: 'The result of resolveAnyReport.',
  fields: (t) => ({
    reportId: t.id({ description: 'The report.', resolve: ({ reportId }) => formatId('Report', reportId) }),
  }),
})

builder.mutationField('resolveAnyReport', (t) =>
  t.field({
    type: ResolveAnyReportPayload,
    description: 'Marks a report of any room as resolved. Requires an operator.',
    codes: ['FORBIDDEN', 'NOT_FOUND'],
    args: { input: t.arg({ type: ResolveAnyReportInput, required: true, description: 'The report.' }) },
    resolve: async (_, { input }, context) => ({
      reportId: (await resolveAnyReport(context, parseIds(input, { reportId: 'Report' }))).id,
    }),
  }),
)
