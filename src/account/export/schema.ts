import { ViewerRef } from '../../auth/schema.ts'
import { dataExportLimits } from '../../config/account.ts'
import type { DataExport } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { formatId } from '../../input/ids.ts'
import { findDataExport, requestDataExport } from './service.ts'

const { exportsPerDayMax, keptDays } = dataExportLimits

const DataExportStatusRef = builder.enumType('DataExportStatus', {
  description: 'The state of a data export.',
  values: {
    PENDING: { description: 'In progress. viewerEvents delivers `DataExportEnded` when it ends.' },
    READY: { description: 'Ready for download.' },
    FAILED: { description: 'Failed. The reason is in the log of the server; request another export.' },
  } as const,
})

/** The type of a data export of the viewer. */
export const DataExportRef = builder.objectRef<DataExport>('DataExport').implement({
  description: 'An export of the viewer’s data: a ZIP file of JSON and of the files that they uploaded.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `export_…`.', resolve: ({ id }) => formatId('DataExport', id) }),
    status: t.expose('status', { type: DataExportStatusRef, description: 'The state of the export.' }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When it was requested.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: `When it is deleted: ${keptDays} days after it was completed.`,
    }),
    url: t.string({
      nullable: true,
      description:
        'The download URL, valid without a token for one to two hours; then query it again. Everybody who has it can download the file. A path, `/media/…`, unless the server knows its public URL. Null unless the export is READY and has not been replaced by a newer one.',
      resolve: ({ id, storageKey }, _, context) => (storageKey ? context.media.linkTo('export', id).url : null),
    }),
    bytes: t.float({
      nullable: true,
      description: 'The size in bytes, an integer. Null unless it is READY.',
      resolve: ({ bytes }) => (bytes === null ? null : Number(bytes)),
    }),
  }),
})

const RequestDataExportInput = builder.inputType('RequestDataExportInput', {
  description: 'The content of an export.',
  fields: (t) => ({
    includeMedia: t.boolean({
      description: 'True to include the files that the viewer has uploaded. Default: true.',
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
    description: 'The last export that the viewer requested. Null when there is none, or when it has expired.',
    resolve: (_, __, context) => findDataExport(context),
  }),
)

builder.mutationField('requestDataExport', (t) =>
  t.field({
    type: RequestDataExportPayload,
    description: `Starts an export of the viewer’s data: profile, sessions, friends, blocked users, rooms and visits, their messages, reactions, reports and invites, invitations into rooms, mentions of them, and the files that they have uploaded. When it is ready or has failed, viewerEvents delivers \`DataExportEnded\`. While an export is in progress, it is returned again; a new export replaces the previous one. Limited to ${exportsPerDayMax} in 24 hours.`,
    codes: ['UNAUTHENTICATED', 'RATE_LIMITED'],
    args: { input: t.arg({ type: RequestDataExportInput, required: true, description: 'The content of an export.' }) },
    resolve: (_, { input }, context) => requestDataExport(context, input),
  }),
)
