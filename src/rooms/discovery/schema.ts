import { limits } from '../../config/config.ts'
import { roomLimits } from '../../config/rooms.ts'
import { builder } from '../../graphql/builder.ts'
import { pagedField } from '../../graphql/paged-field.ts'
import { parseIds } from '../../input/ids.ts'
import { RoomAccessRef, RoomRef, rememberRoom } from '../schema.ts'
import { discoverRooms, keysOfKeyset } from './service.ts'

const RoomOrderRef = builder.enumType('RoomOrder', {
  description: 'The order of listed rooms. Ties are sorted by id.',
  values: {
    MOST_ACTIVE: {
      description: `By the time of the newest message, most recent first, accurate to ${roomLimits.activeAtStaleMs / 1_000} seconds.`,
    },
    NEWEST: { description: 'Most recently created rooms first.' },
    MOST_MEMBERS: { description: 'Rooms with the most members first.' },
    NAME: { description: 'By name, without case and accents, in the order of code points: the same on every server.' },
  } as const,
})

const DiscoverRoomsFilter = builder.inputType('DiscoverRoomsFilter', {
  description: 'Filters listed rooms. All given conditions must hold.',
  fields: (t) => ({
    search: t.string({
      description: `Text that resembles a word of the name (typing errors are tolerated) or is a part of the name; case, accents and width do not matter. At most ${limits.roomNameLengthMax} characters; any name when blank.`,
    }),
    categoryId: t.id({ description: 'The category. A nonexistent category has no rooms.' }),
    regionId: t.id({ description: 'The region, including all regions inside it.' }),
    access: t.field({ type: RoomAccessRef, description: 'OPEN or PASSWORD.' }),
  }),
})

const RoomConnection = builder.connectionObject(
  { type: RoomRef, name: 'RoomConnection', description: 'A page of rooms.' },
  { name: 'RoomEdge', description: 'A room and its cursor.' },
)

builder.queryField('discoverRooms', (t) =>
  t.field(
    pagedField({
      type: RoomConnection,
      description:
        'Lists rooms to join: GROUP rooms that are OPEN or have a password, and are not archived. Needs no sign-in. Excludes rooms that ban the viewer. A room whose position changes between two pages may be missing or repeated.',
      args: {
        filter: t.arg({ type: DiscoverRoomsFilter, description: 'Filters the rooms; all when omitted.' }),
        orderBy: t.arg({ type: RoomOrderRef, description: 'The order; MOST_ACTIVE when omitted.' }),
      },
      read: async (_, { filter, orderBy, take, keyset: after }, context) => {
        const order = orderBy ?? 'MOST_ACTIVE'
        const rooms = await discoverRooms(context, {
          filter: parseIds(filter ?? {}, { categoryId: 'Category', regionId: 'Region' }, 'filter'),
          order,
          take,
          keyset: after,
        })
        for (const { view } of rooms) rememberRoom(context, view)
        return rooms.map(({ keyset, view }) => ({ keys: keysOfKeyset(order, keyset), node: view.room }))
      },
      edgeOf: (edge) => edge,
    }),
  ),
)
