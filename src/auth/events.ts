import { AppError } from '../errors.ts'
import { encodeCursor, headOf } from '../feed/cursor.ts'
import { builder } from '../graphql/builder.ts'
import { askedHints, eventRef, ViewerEventRef } from '../graphql/events.ts'
import { load } from '../graphql/loaders.ts'
import { parseAfter } from '../graphql/scalars.ts'
import { loadTopic } from '../graphql/topics.ts'
import { formatId } from '../input/ids.ts'
import { ViewerRef } from './schema.ts'
import { sessionExpired } from './session-cache.ts'
import { SessionRef } from './sessions/schema.ts'
import { sessionsByIds } from './sessions/service.ts'
import { followViewer } from './viewer-stream.ts'

eventRef('SessionStarted').implement({
  description: 'The viewer signed in, on this or another device.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    session: t.field({
      type: SessionRef,
      nullable: true,
      description: 'The session as it is now, even when it has ended since. Null when it has been deleted.',
      resolve: ({ subject }, _, context) => load(context, sessionsByIds, subject),
    }),
    sessionId: t.id({ description: 'The session.', resolve: ({ subject }) => formatId('Session', subject) }),
  }),
})

eventRef('SessionEnded').implement({
  description: 'A session of the viewer has ended. When it is the one of this stream, the stream completes.',
  interfaces: [ViewerEventRef],
  fields: (t) => ({
    sessionId: t.id({ description: 'The session.', resolve: ({ subject }) => formatId('Session', subject) }),
  }),
})

builder.objectField(ViewerRef, 'eventCursor', (t) =>
  t.field({
    type: 'EventCursor',
    description:
      'The cursor in the feed of the viewer at which this answer was read: subscribe to viewerEvents `after` it, and no event is missed.',
    resolve: async (viewer, _, context) => {
      const topic = await loadTopic(context, viewer.userId)
      if (!topic) throw sessionExpired()
      return encodeCursor(headOf(topic))
    },
  }),
)

builder.subscriptionField('viewerEvents', (t) =>
  t.field({
    type: ViewerEventRef,
    description:
      'All events of the viewer, over all rooms, and `Synced` once the stream is live. It completes when the session ends and after `ResyncRequired`.',
    codes: ['UNAUTHENTICATED', 'BAD_USER_INPUT'],
    args: {
      after: t.arg({ type: 'EventCursor', description: 'The cursor to resume after. Only new events when omitted.' }),
    },
    subscribe: (_, { after }, context, info) =>
      followViewer(context, { after: parseAfter(context, after), hintKinds: askedHints(info) }),
    resolve: (item) => {
      if (item instanceof AppError) throw item
      return item
    },
  }),
)
