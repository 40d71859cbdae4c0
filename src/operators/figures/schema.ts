import { limits } from '../../config/config.ts'
import { builder } from '../../graphql/builder.ts'
import { OperatorRef } from '../schema.ts'
import type { Figures } from './queries.ts'
import { figuresForOperator } from './service.ts'

const FiguresRef = builder.objectRef<Figures>('OperatorFigures').implement({
  description: 'The size of the deployment. The metrics of each server say more.',
  fields: (t) => ({
    users: t.exposeFloat('users', { description: 'Accounts, deleted ones too; estimated.' }),
    rooms: t.exposeFloat('rooms', { description: 'Rooms; estimated.' }),
    messages: t.exposeFloat('messages', { description: 'Messages; estimated.' }),
    openReports: t.exposeInt('openReports', {
      description: `Open reports of all rooms: at most ${limits.openReportsCountedMax} are counted.`,
    }),
    servers: t.exposeInt('servers', { description: 'Servers that are connected to the database.' }),
    databaseBytes: t.exposeFloat('databaseBytes', { description: 'Bytes of the database, without uploaded files.' }),
  }),
})

builder.objectField(OperatorRef, 'figures', (t) =>
  t.field({
    type: FiguresRef,
    description: 'The size of the deployment.',
    resolve: (_, __, context) => figuresForOperator(context),
  }),
)
