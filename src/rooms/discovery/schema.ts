import { limits } from '../../config/config.ts'
import { roomLimits } from '../../config/rooms.ts'
import { builder } from '../../graphql/builder.ts'
import { forwardArgs, parsePage, toPage } from '../../graphql/pages.ts'
import { parseId } from '../../input/ids.ts'
import { RoomAccessRef, RoomRef, rememberRoom } from '../schema.ts'
import { discoverRooms, keysOfKeyset } from './service.ts'

const RoomOrderRef = builder.enumType('RoomOrder', {
  description: 'In which order rooms are listed. Rooms that are equal in it come in the order of their ids.',
  values: {
    MOST_ACTIVE: {
      description: `Where the newest message was sent last, to within ${roomLimits.activeAtStaleMs / 1_000} seconds.`,
    },
    NEWEST: { description: 'Those made last first.' },
    MOST_MEMBERS: { description: 'Those with the most members first.' },
    NAME: { description: 'By name, without regard to upper and lower case.' },
  } as const,
})

const DiscoverRoomsFilter = builder.inputType('DiscoverRoomsFilter', {
  description: 'Which rooms to list: those that all that is given holds for.',
  fields: (t) => ({
    search: t.string({
      description: `What a word of the name is like, or a part of the name; typing errors are forgiven. At most ${limits.roomNameLengthMax} characters; any name when blank.`,
    }),
    categoryId: t.id({ description: 'The category. A category that does not exist has no rooms.' }),
    regionId: t.id({ description: 'The region, with all regions inside it.' }),
    access: t.field({ type: RoomAccessRef, description: 'OPEN or PASSWORD.' }),
  }),
})

const RoomConnection = builder.connectionObject(
  { type: RoomRef, name: 'RoomConnection', description: 'A page of rooms.' },
  { name: 'RoomEdge', description: 'A room and its place on the page.' },
)

builder.queryField('discoverRooms', (t) =>
  t.field({
    type: RoomConnection,
    description:
      'Rooms to join: GROUP rooms that are OPEN or have a password, and are not archived. Anybody may ask; rooms that the viewer is banned from are left out. A room that moves in the order between two pages may be missing or come again. Errors: BAD_USER_INPUT.',
    args: {
      filter: t.arg({ type: DiscoverRoomsFilter, description: 'Which of them; all when not given.' }),
      orderBy: t.arg({ type: RoomOrderRef, description: 'In which order; MOST_ACTIVE when not given.' }),
      ...forwardArgs(),
    },
    resolve: async (_, { filter, orderBy, first, after }, context) => {
      const page = parsePage({ first, after })
      const order = orderBy ?? 'MOST_ACTIVE'
      const { search, categoryId, regionId, access } = filter ?? {}
      const rooms = await discoverRooms(context, {
        filter: {
          search,
          categoryId: typeof categoryId === 'string' ? parseId('Category', categoryId, 'filter.categoryId') : null,
          regionId: typeof regionId === 'string' ? parseId('Region', regionId, 'filter.regionId') : null,
          access,
        },
        order,
        take: page.take + 1,
        keyset: page.keyset,
      })
      for (const { view } of rooms) rememberRoom(context, view)
      return toPage(page, rooms, {
        keysOf: ({ keyset }) => keysOfKeyset(order, keyset),
        nodeOf: ({ view }) => view.room,
      })
    },
  }),
)
