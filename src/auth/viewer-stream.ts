import { assertSignedIn } from '../access/access.ts'
import type { PresenceTracker, ServiceContext } from '../access/context.ts'
import { notFound } from '../errors.ts'
import type { GivenCursor } from '../feed/cursor.ts'
import type { EndingEvent } from '../feed/hub/interest.ts'
import type { FeedStream } from '../feed/streams/stream.ts'
import type { HintKind } from '../feed/streams/stream-item.ts'
import { readTopics } from '../feed/topics.ts'

/** Options of a stream of the viewer. */
export interface FollowViewer {
  after: GivenCursor | null
  /** The kinds of hints that the stream selects. */
  hintKinds: ReadonlySet<HintKind>
}

/**
 * Opens the stream of the viewer's events, over all rooms. It ends with the viewer's session.
 *
 * @throws AppError UNAUTHENTICATED, BAD_USER_INPUT when the cursor is of another feed.
 */
export function followViewer(context: ServiceContext, { after, hintKinds }: FollowViewer): Promise<FeedStream> {
  const viewer = assertSignedIn(context)
  return context.feed.stream({
    topicId: viewer.userId,
    after,
    async open() {
      const [topics, blocks] = await Promise.all([
        readTopics(context.sql, [viewer.userId]),
        context.blocks.viewOf(viewer.userId),
      ])
      const state = topics.get(viewer.userId)
      if (!state) throw notFound('user')
      const interest = {
        viewerId: viewer.userId,
        hiddenActorIds: blocks.blockedIds,
        shunnedUserIds: blocks.shunnedIds,
        hides: blocks.hides,
        settling: blocks.settling,
        hintKinds,
        selects: selectsAll,
        endsWith: endsWithSession(viewer.sessionId),
        maySeeNow: null,
      }
      return { state, interest }
    },
    attend: () => attend(context.presenceTracker, viewer.userId, hintKinds),
    onSessionEnd: (callback) => context.sessions.watch(viewer, callback),
    forget: () => context.forget(),
  })
}

/** Counts the viewer as online, and sends room activity if the stream selects it. */
function attend({ enter, followRooms }: PresenceTracker, userId: string, hintKinds: ReadonlySet<HintKind>): () => void {
  const leave = enter(userId)
  if (!hintKinds.has('ROOM_ADVANCED')) return leave
  const stop = followRooms(userId)
  return () => {
    stop()
    leave()
  }
}

const selectsAll = () => true

const endsWithSession = (sessionId: string) => (event: EndingEvent) =>
  event.kind === 'SESSION_ENDED' && event.subject === sessionId
