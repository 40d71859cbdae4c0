import { assertCan, assertSignedIn, judge } from '../access/access.ts'
import type { ServiceContext, Viewer } from '../access/context.ts'
import type { GivenCursor } from '../feed/cursor.ts'
import type { EndingEvent } from '../feed/hub/interest.ts'
import type { FeedStream } from '../feed/streams/stream.ts'
import type { HintKind, StreamItem } from '../feed/streams/stream-item.ts'

/** Creates the end condition of a stream. A separate closure, so that the stream does not hold the operation's context. */
const endsFor = (viewerId: string) => (event: EndingEvent) =>
  event.kind === 'ROOM_DELETED' || event.subject === viewerId

/** Creates the check whether the viewer may still read a room. A separate closure, for the same reason. */
const readsStill =
  (
    { readFacts, config, clock }: Pick<ServiceContext, 'readFacts' | 'config' | 'clock'>,
    viewer: Viewer,
    roomId: string,
  ) =>
  async () => {
    const facts = await readFacts({ roomId, viewerId: viewer.userId })
    return facts !== null && judge({ viewer, viewerError: null, config, clock }, { facts, action: 'read' }) === null
  }

/** The room to follow, and what of it. */
export interface FollowRoom {
  roomId: string
  after: GivenCursor | null
  /** Tells whether the stream delivers an item. */
  selects(item: StreamItem): boolean
  /** The kinds of hints that the stream delivers. */
  hintKinds: ReadonlySet<HintKind>
}

/**
 * Streams a room that the viewer may read. The stream ends with the event by which the viewer stops being a member.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT when the cursor is of another feed.
 */
export function followRoom(context: ServiceContext, request: FollowRoom): Promise<FeedStream> {
  const { roomId, after, selects, hintKinds } = request
  const viewer = assertSignedIn(context)
  return context.feed.stream({
    topicId: roomId,
    after,
    async open() {
      context.forget()
      const [{ topic, member }, blocks] = await Promise.all([
        assertCan(context, { roomId, action: 'read' }),
        context.blocks.viewOf(viewer.userId),
      ])
      const interest = {
        viewerId: viewer.userId,
        hiddenActorIds: blocks.blockedIds,
        historyFrom: member?.historyFrom,
        shunnedUserIds: blocks.shunnedIds,
        hides: blocks.hides,
        settling: blocks.settling,
        hintKinds,
        selects,
        endsWith: endsFor(viewer.userId),
        maySeeNow: readsStill(context, viewer, roomId),
      }
      return { state: topic, interest }
    },
    attend: () => context.presenceTracker.enterRoom({ roomId, userId: viewer.userId }),
    onSessionEnd: (callback) => context.sessions.watch(viewer, callback),
    forget: () => context.forget(),
  })
}
