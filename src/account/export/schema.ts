import { ViewerRef } from '../../auth/schema.ts'
import { dataExportLimits } from '../../config/accounts.ts'
import type { DataExport } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { formatId } from '../../input/ids.ts'
import { findDataExport, requestDataExport } from './service.ts'

const { exportsPerDayMax, keptDays } = dataExportLimits

const DataExportStatusRef = builder.enumType('DataExportStatus', {
  description: 'How far an export has come.',
  values: {
    PENDING: { description: 'It is being made: `DataExportEnded` of viewerEvents tells when that is over.' },
    READY: { description: 'It can be got.' },
    FAILED: { description: 'It could not be made. The operator finds the reason in the log; ask for another one.' },
  } as const,
})

/** An export of what the server holds about the viewer. */
export const DataExportRef = builder.objectRef<DataExport>('DataExport').implement({
  description: 'What the server holds about the viewer, to take along: a ZIP file of JSON and of their own files.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `export_…`.', resolve: ({ id }) => formatId('DataExport', id) }),
    status: t.expose('status', { type: DataExportStatusRef, description: 'How far it has come.' }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When it was asked for.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: `When it is deleted: ${keptDays} days after it was made.`,
    }),
    url: t.string({
      nullable: true,
      description:
        'Where to get it, without a token, for one to two hours; then ask for the URL again. Whoever has it may get it. A path, `/media/…`, unless the server knows its own address. Null unless it is READY and has not been replaced by a newer one.',
      resolve: ({ id, storageKey }, _, context) => (storageKey ? context.media.linkTo('export', id).url : null),
    }),
    bytes: t.float({
      nullable: true,
      description: 'Its size in bytes, a whole number. Null unless it is READY.',
      resolve: ({ bytes }) => (bytes === null ? null : Number(bytes)),
    }),
  }),
})

const RequestDataExportInput = builder.inputType('RequestDataExportInput', {
  description: 'What to export.',
  fields: (t) => ({
    includeMedia: t.boolean({
      description: 'Whether the files that the viewer has uploaded are in it. True when not given.',
    }),
  }),
})

const RequestDataExportPayload = builder.objectRef<DataExport>('RequestDataExportPayload').implement({
  description: 'The result of requestDataExport.',
  fields: (t) => ({
    export: t.field({ type: DataExportRef, description: 'The export.', resolve: (found) => found }),
  }),
})

builder.objectField(ViewerRef, 'dataExport', (t) =>
  t.field({
    type: DataExportRef,
    nullable: true,
    description: 'The export that the viewer asked for last. Null when there is none, or its time is over.',
    resolve: (_, __, context) => findDataExport(context),
  }),
)

builder.mutationField('requestDataExport', (t) =>
  t.field({
    type: RequestDataExportPayload,
    description: `Begins an export of what the server holds about the viewer: profile, sessions, friends, blocked users, rooms and visits, their own messages, reactions, reports and invites, invitations into rooms, where they are mentioned, and the files that they have uploaded. When it is made, or given up, viewerEvents tell \`DataExportEnded\`. While one is being made that one is given again; a new one takes the place of the one before. There are ${exportsPerDayMax} in 24 hours. Errors: UNAUTHENTICATED, RATE_LIMITED.`,
    args: { input: t.arg({ type: RequestDataExportInput, required: true, description: 'What to export.' }) },
    resolve: (_, { input }, context) => requestDataExport(context, input),
  }),
)
