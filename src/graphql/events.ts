import type { GraphQLResolveInfo } from 'graphql'
import { encodeCursor } from '../feed/cursor.ts'
import type { FeedEvent } from '../feed/events.ts'
import {
  type Control,
  controlKinds,
  type Hint,
  type HintKind,
  hintKinds,
  type StreamItem,
} from '../feed/streams/stream-item.ts'
import { EventKind } from '../generated/prisma/client.ts'
import { builder } from './builder.ts'
import { asksOf } from './selection.ts'

/** The kinds that share a type: each tells that a member has left. */
const sharedNames: Partial<Record<StreamItem['kind'], string>> = {
  MEMBER_REMOVED: 'MemberLeft',
  MEMBER_BANNED: 'MemberLeft',
  MEMBER_DELETED: 'MemberLeft',
}

const typeNames = new Map(
  [...Object.values(EventKind), ...controlKinds, ...hintKinds].map((kind) => [kind, sharedNames[kind] ?? toName(kind)]),
)

/** Names the GraphQL type of a kind: MESSAGE_SENT is `MessageSent`. */
export function eventTypeName(kind: StreamItem['kind']): string | undefined {
  return typeNames.get(kind)
}

function toName(kind: string): string {
  return kind.replace(/([A-Z])([A-Z]*)_?/g, (_, first: string, rest: string) => first + rest.toLowerCase())
}

const resolveType = ({ kind }: StreamItem) => typeNames.get(kind)

/** Creates the interface of the items of one kind of stream. */
const streamItemRef = (name: string, description: string) =>
  builder.interfaceRef<StreamItem>(name).implement({
    description,
    resolveType,
    fields: (t) => ({
      cursor: t.field({
        type: 'EventCursor',
        description: 'The position of this event in the feed: subscribe `after` it to continue from here.',
        resolve: encodeCursor,
      }),
      at: t.field({ type: 'DateTime', description: 'When it happened.', resolve: (item) => item.at }),
    }),
  })

/** An event of a room, or a control message of its stream. */
export const RoomEventRef = streamItemRef('RoomEvent', 'An event of a room, or a control message of its stream.')

/** An event for the viewer, or a control message of the stream. */
export const ViewerEventRef = streamItemRef(
  'ViewerEvent',
  'An event for the viewer, over all rooms, or a control message of the stream.',
)

/** Creates the reference of a type of a durable event. */
export const eventRef = (name: string) => builder.objectRef<FeedEvent>(name)

/** Creates the reference of a type of a hint. */
export const hintRef = (name: string) => builder.objectRef<Hint>(name)

/**
 * Finds the hints that an operation selects: it has a fragment on their type.
 *
 * All others are neither executed nor sent.
 */
export function askedHints(info: GraphQLResolveInfo): ReadonlySet<HintKind> {
  const asked = hintKinds.filter((kind) => asksOf(info, toName(kind)))
  return asked.length > 0 ? new Set(asked) : noHints
}

/** No hints at all. */
export const noHints: ReadonlySet<HintKind> = new Set()

builder.objectRef<Control>('Synced').implement({
  description:
    'The stream is live: everything before this was delivered. Sent once after the start and after each lag.',
  interfaces: [RoomEventRef, ViewerEventRef],
})

builder.objectRef<Control>('Hidden').implement({
  description:
    'An event that you may not see: a user whom you have blocked sent or edited a message. It keeps its number in the feed. `Room.messages` contains the message with `isHidden`, and `messageCount` and `replyCount` count it.',
  interfaces: [RoomEventRef, ViewerEventRef],
})

builder.objectRef<Control>('ResyncRequired').implement({
  description:
    'The stream cannot continue from your cursor, which is too old or has seen what the server no longer has, and completes after this. Read the data again, then subscribe `after` its `eventCursor`.',
  interfaces: [RoomEventRef, ViewerEventRef],
  fields: (t) => ({
    reason: t.string({
      description: 'The reason, as a sentence for developers.',
      resolve: (control) => control.reason ?? 'The stream cannot be continued.',
    }),
  }),
})
