import { builder } from '../../graphql/builder.ts'
import { parseIds } from '../../input/ids.ts'
import { memberPayload } from '../schema.ts'
import { joinRoom } from './service.ts'

const JoinRoomInput = builder.inputType('JoinRoomInput', {
  description:
    'The room to join, with a password or an invite where needed. An invite needs neither `roomId` nor `code`.',
  fields: (t) => ({
    roomId: t.id({ description: 'The id of the room. Give this or `code`.' }),
    code: t.string({ description: 'The code of the room, in upper or lower case. Give this or `roomId`.' }),
    password: t.string({ description: 'The password of the room. Required when its access is PASSWORD.' }),
    invite: t.string({ description: 'The code of an invite. It admits to rooms of any access.' }),
  }),
})

builder.mutationField('joinRoom', (t) =>
  t.field({
    type: memberPayload('JoinRoomPayload', 'The result of joinRoom.'),
    description:
      'Makes the viewer a member of a room. An existing membership stays as it is. The one who made a room that all members have left may come back, also to an INVITE room, and owns it; others who come before are plain members. A DIRECT room takes the first who joins by its code when it waits for its second member.',
    codes: [
      'NOT_FOUND',
      'FORBIDDEN for other DIRECT rooms',
      'CONFLICT when the two have a direct room already',
      'WRONG_ROOM_PASSWORD',
      'RATE_LIMITED',
      'INVITE_INVALID',
      'BANNED',
      'ROOM_ARCHIVED',
      'ROOM_FULL',
      'BAD_USER_INPUT',
    ],
    args: {
      input: t.arg({ type: JoinRoomInput, required: true, description: 'The room, and a password or an invite.' }),
    },
    resolve: (_, { input }, context) => joinRoom(context, parseIds(input, { roomId: 'Room' })),
  }),
)
