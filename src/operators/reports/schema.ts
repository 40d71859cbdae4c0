import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { formatId, parseIds } from '../../input/ids.ts'
import { MediaRef } from '../../media/schema.ts'
import type { OpenReport } from '../../messages/reports/service.ts'
import { OperatorRoomRef } from '../rooms/schema.ts'
import { OperatorRef } from '../schema.ts'
import { OperatorUserRef } from '../users/schema.ts'
import { deleteReportedMessage, listReportsForOperator, resolveAnyReport } from './service.ts'

const OperatorReportRef = builder.objectRef<OpenReport>('OperatorReport').implement({
  description: 'An open report as operators see it.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `report_…`.', resolve: ({ id }) => formatId('Report', id) }),
    reason: t.exposeString('reason', {
      description: `The reason that the reporter gave: at most ${limits.reportReasonLengthMax} characters.`,
    }),
    body: t.exposeString('body', { nullable: true, description: 'The body of the message when it was reported.' }),
    attachments: t.field({
      type: [MediaRef],
      description: 'The files of the message, also when it, or its room, was deleted since.',
      resolve: ({ message }) => message.attachments,
    }),
    reporter: t.expose('reporter', { type: OperatorUserRef, description: 'The user who reported it.' }),
    author: t.field({
      type: OperatorUserRef,
      nullable: true,
      description: 'The user who wrote the message. Null for a message of the server.',
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
        'Open reports that no moderator sees, oldest first: of direct rooms, of rooms without a moderator but the author, and of deleted rooms, which keep their contents for at most 90 days until their reports are resolved.',
      args: {
        withModerated: t.arg.boolean({
          description: 'True to include reports that moderators see. Default: false.',
        }),
      },
      read: (_, { withModerated, ...page }, context) =>
        listReportsForOperator(context, { ...page, withModerated: withModerated ?? false }),
      edgeOf: (report) => ({ keys: [report.createdAt.toISOString(), report.id], node: report }),
    }),
  ),
)

/** Defines an input with a report. */
const reportInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({ reportId: t.id({ required: true, description: 'The report.' }) }),
  })

/** Defines a payload with the id of the report that a mutation changed. */
const reportPayload = (name: string, description: string) =>
  builder.objectRef<{ reportId: string }>(name).implement({
    description,
    fields: (t) => ({
      reportId: t.id({ description: 'The report.', resolve: ({ reportId }) => formatId('Report', reportId) }),
    }),
  })

builder.mutationFields((t) => ({
  resolveAnyReport: t.field({
    type: reportPayload('ResolveAnyReportPayload', 'The result of resolveAnyReport.'),
    description: 'Marks a report of any room as resolved. Requires an operator.',
    codes: ['FORBIDDEN', 'NOT_FOUND'],
    args: {
      input: t.arg({
        type: reportInput('ResolveAnyReportInput', 'A report of any room.'),
        required: true,
        description: 'The report.',
      }),
    },
    resolve: async (_, { input }, context) => ({
      reportId: (await resolveAnyReport(context, parseIds(input, { reportId: 'Report' }))).id,
    }),
  }),
  deleteReportedMessage: t.field({
    type: reportPayload('DeleteReportedMessagePayload', 'The result of deleteReportedMessage.'),
    description:
      'Deletes the message of a report of any room, as deleteMessage does, and marks the report as resolved. Doing it again changes nothing. Requires an operator.',
    codes: ['FORBIDDEN', 'NOT_FOUND'],
    args: {
      input: t.arg({
        type: reportInput('DeleteReportedMessageInput', 'A report, whose message is deleted.'),
        required: true,
        description: 'The report.',
      }),
    },
    resolve: async (_, { input }, context) => ({
      reportId: (await deleteReportedMessage(context, parseIds(input, { reportId: 'Report' }))).id,
    }),
  }),
}))
