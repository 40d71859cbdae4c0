import { eventRef, RoomEventRef } from '../graphql/events.ts'
import { load } from '../graphql/loaders.ts'
import { formatId } from '../input/ids.ts'
import { RoomRef, roomsByIds } from './schema.ts'

eventRef('RoomUpdated').implement({
  description: 'Settings of the room changed.',
  interfaces: [RoomEventRef],
  fields: (t) => ({
    room: t.field({
      type: RoomRef,
      nullable: true,
      description: 'The room as it is now. Null when it was deleted in the meantime.',
      resolve: ({ topicId }, _, context) => load(context, roomsByIds, topicId),
    }),
  }),
})

eventRef('RoomDeleted').implement({
  description: 'The room was deleted. It is the last event of every stream of the room.',
  interfaces: [RoomEventRef],
  fields: (t) => ({
    roomId: t.id({
      description: 'The room, which nobody can see any longer.',
      resolve: ({ topicId }) => formatId('Room', topicId),
    }),
  }),
})
