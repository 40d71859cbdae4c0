import { roomLimits } from '../../config/rooms.ts'
import type { Room } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import type { Context } from '../../graphql/context.ts'
import { type LoadMany, load } from '../../graphql/loaders.ts'
import { RoomRef } from '../../rooms/schema.ts'
import { userOf } from '../../users/schema.ts'
import { type PublicUser, shownName } from '../../users/service.ts'
import { readFirstMembers } from './queries.ts'

const firstMembersByRoomIds: LoadMany<PublicUser[]> = ({ lookups }, ids) => readFirstMembers(lookups, ids)

/** Makes the title of a room without a name for the viewer: who else is in it. Its code for those who are not. */
async function titleFor(context: Context, room: Room): Promise<string> {
  const { viewer } = context
  if (!viewer || !(await context.roomFacts.load(room.id))?.member) return room.code
  if (room.kind === 'DIRECT') {
    const otherId = room.directLowId === viewer.userId ? room.directHighId : room.directLowId
    return otherId === null ? room.code : shownName(await userOf(context, otherId))
  }
  const members = await load(context, firstMembersByRoomIds, room.id)
  const others = members.filter(({ id }) => id !== viewer.userId)
  const names = (others.length > 0 ? others : members).slice(0, roomLimits.titleNamesMax).map(shownName)
  const unnamed = room.memberCount - 1 - names.length
  return unnamed > 0 ? `${names.join(', ')} +${unnamed}` : names.join(', ')
}

builder.prismaObjectField(RoomRef, 'title', (t) =>
  t.string({
    description: `The text to show as its name: its name or, without one, who else is in it: the other member of a DIRECT room, up to ${roomLimits.titleNamesMax} members of a group in the order in which they joined, and how many more, such as \`Ada, Bob +3\`. Its code for viewers who are not members.`,
    resolve: (room, _, context) => room.name ?? titleFor(context, room),
  }),
)
