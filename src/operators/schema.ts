import type { Viewer } from '../access/context.ts'
import { ViewerRef } from '../auth/schema.ts'
import { builder } from '../graphql/builder.ts'
import { isOperator } from './access.ts'

/** The type of the server as operators see it: the root of their fields. */
export const OperatorRef = builder.objectRef<Viewer>('Operator').implement({
  description:
    'The server as its operators see it. Operators are made on the command line: `kabar operators add USERNAME`.',
})

builder.queryField('operator', (t) =>
  t.field({
    type: OperatorRef,
    nullable: true,
    description: 'The server as its operators see it. Null for everybody else.',
    resolve: async (_, __, context) => ((await isOperator(context)) ? context.viewer : null),
  }),
)

builder.objectField(ViewerRef, 'isOperator', (t) =>
  t.boolean({
    description: 'True if the viewer is an operator of the server, in this session.',
    resolve: (_, __, context) => isOperator(context),
  }),
)
