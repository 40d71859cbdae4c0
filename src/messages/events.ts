import { AppError } from '../errors.ts'
import { isEvent, type StreamItem } from '../feed/streams/stream-item.ts'
import { builder } from '../graphql/builder.ts'
import { askedHints, eventRef, noHints, RoomEventRef } from '../graphql/events.ts'
import { parseAfter } from '../graphql/scalars.ts'
import { parseId } from '../input/ids.ts'
import { followRoom } from './room-stream.ts'
import { MessageRef, messageOf } from './schema.ts'

for (const [name, description] of [
  [
    'MessageSent',
    'A message was sent. Select `room { messageCount }` and `replyTo { replyCount }` as well: they change with it.',
  ],
  ['MessageEdited', 'A message was edited: its `body`, `editedAt`, `edits` and `mentions` changed.'],
  ['MessageDeleted', 'A message was deleted: only its tombstone is left, without pin, reactions and mentions.'],
  ['MessagePinned', 'A message was pinned.'],
  ['MessageUnpinned', 'A message was unpinned. Deleting a pinned message does not send this event.'],
  ['ReactionsChanged', 'A member added or removed a reaction to a message.'],
] as const) {
  eventRef(name).implement({
    description,
    interfaces: [RoomEventRef],
    fields: (t) => ({
      message: t.field({
        type: MessageRef,
        description: 'The message as it is now, possibly with changes after this event.',
        resolve: (event, _, context) => messageOf(context, event.subject),
      }),
    }),
  })
}

// here and not in the resolvers, because streams keep these functions: they must not hold the context of an operation
const selectsMessages = (item: StreamItem) => item.kind === 'MESSAGE_SENT'
const selectsAll = () => true

builder.subscriptionFields((t) => {
  const args = {
    roomId: t.arg.id({ required: true, description: 'A room that you are a member of.' }),
    after: t.arg({
      type: 'EventCursor',
      description: 'The cursor after which to resume. Starts from now when omitted.',
    }),
  }
  return {
    messageAdded: t.field({
      type: MessageRef,
      description: 'The new messages of one room, in order of number. Completes when you leave the room.',
      codes: [
        'NOT_FOUND',
        'FORBIDDEN',
        'BAD_USER_INPUT',
        'RESYNC_REQUIRED when `after` is too old or of another database',
      ],
      args,
      subscribe: (_, { roomId, after }, context) =>
        followRoom(context, {
          roomId: parseId('Room', roomId, 'roomId'),
          after: parseAfter(context, after),
          selects: selectsMessages,
          hintKinds: noHints,
        }),
      resolve: (item, _, context) => {
        if (item instanceof AppError) throw item
        if (!isEvent(item)) throw new Error(`messageAdded has no item of kind ${item.kind}`)
        return messageOf(context, item.subject)
      },
    }),
    roomEvents: t.field({
      type: RoomEventRef,
      description:
        'The events of one room, in order, and `Synced` when you are live. They keep a copy of the room up to date, except for receipts, unread counts, presence, new names of members, bans, invites, reports and visits. Best-effort types are sent only when the operation has a fragment on them. Completes when you leave the room, and after `ResyncRequired`.',
      codes: ['NOT_FOUND', 'FORBIDDEN', 'BAD_USER_INPUT'],
      args,
      subscribe: (_, { roomId, after }, context, info) =>
        followRoom(context, {
          roomId: parseId('Room', roomId, 'roomId'),
          after: parseAfter(context, after),
          selects: selectsAll,
          hintKinds: askedHints(info),
        }),
      resolve: (item) => {
        if (item instanceof AppError) throw item
        return item
      },
    }),
  }
})
