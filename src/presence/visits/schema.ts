import type { RoomVisit } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { forwardArgs, readPage } from '../../graphql/pages.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { UserRef, userOf } from '../../users/schema.ts'
import { listVisits } from '../service.ts'

const RoomVisitRef = builder.objectRef<RoomVisit>('RoomVisit').implement({
  description:
    'One stay of a member in a room: as long as a subscription of the room was open, on any device of a server.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'Who it was.',
      resolve: ({ userId }, _, context) => userOf(context, userId),
    }),
    enteredAt: t.expose('enteredAt', { type: 'DateTime', description: 'When the first subscription began.' }),
    leftAt: t.expose('leftAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the last subscription ended. Null while there is one. Where a server has died, when it was last known to live.',
    }),
  }),
})

const RoomVisitConnection = builder.connectionObject(
  { type: RoomVisitRef, name: 'RoomVisitConnection', description: 'A page of visits.' },
  { name: 'RoomVisitEdge', description: 'A visit and its place on the page.' },
)

builder.objectField(RoomRef, 'visits', (t) =>
  t.field({
    type: RoomVisitConnection,
    description:
      'Who came and went, the newest visit first, kept for a time that the operator sets; not of those whom the viewer has blocked or is blocked by. For admins and the owner. Errors: NOT_FOUND, FORBIDDEN, BAD_USER_INPUT.',
    args: forwardArgs(),
    resolve: (room, args, context) =>
      readPage(args, {
        read: (page) => listVisits(context, { ...page, roomId: room.id }),
        keysOf: (visit) => [visit.enteredAt.toISOString(), visit.id],
      }),
  }),
)
