import { eventRef, ViewerEventRef } from '../graphql/events.ts'
import { load } from '../graphql/loaders.ts'
import { DataExportRef } from './export/schema.ts'
import { exportsByIds } from './export/service.ts'

eventRef('DataExportEnded').implement({
  description: 'A data export of the viewer is READY, or has FAILED.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    export: t.field({
      type: DataExportRef,
      nullable: true,
      description: 'The export as it is now. Null when it has expired.',
      resolve: ({ subject }, _, context) => load(context, exportsByIds, subject),
    }),
  }),
})
