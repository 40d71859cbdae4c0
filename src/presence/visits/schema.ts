import type { RoomVisit } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { formatId } from '../../input/ids.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { listVisits } from './service.ts'

const RoomVisitRef = builder.objectRef<RoomVisit>('RoomVisit').implement({
  description:
    'A visit of a member to a room: the time during which a subscription to the room was open, on any device, at one server.',
  fields: (t) => ({
    id: t.id({ description: 'A TypeID, `visit_…`.', resolve: ({ id }) => formatId('RoomVisit', id) }),
    user: t.field({
      type: UserRef,
      description: 'The visitor.',
      resolve: ({ userId }, _, context) => userOf(context, userId),
    }),
    enteredAt: t.expose('enteredAt', { type: 'DateTime', description: 'When the first subscription started.' }),
    leftAt: t.expose('leftAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the last subscription ended. Null while one is open. When a server crashed, the last time at which it was known to be alive.',
    }),
  }),
})

const RoomVisitConnection = builder.connectionObject(
  { type: RoomVisitRef, name: 'RoomVisitConnection', description: 'A page of visits.' },
  { name: 'RoomVisitEdge', description: 'A visit and its cursor.' },
)

builder.objectField(RoomRef, 'visits', (t) =>
  t.field(
    pagedField({
      type: RoomVisitConnection,
      description:
        'The visits of members, newest first, kept for a time that the operator sets. Excludes users with a block between them and the viewer, and users who hide their presence; a viewer who does sees only their own. Plain members see their own visits, admins and the owner those of everybody.',
      codes: ['NOT_FOUND', 'FORBIDDEN'],
      read: (room, page, context) => listVisits(context, { ...page, roomId: room.id }),
      edgeOf: (visit) => ({ keys: [visit.enteredAt.toISOString(), visit.id], node: visit }),
    }),
  ),
)
