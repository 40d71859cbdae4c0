import { feedLimits } from '../../config/feed.ts'
import { invariant } from '../../errors.ts'
import type { FeedEvent } from '../events.ts'
import { type Interest, mayEnd } from './interest.ts'
import type { Subscriber } from './state.ts'

/** Creates a subscriber that starts to catch up. */
export function createSubscriber<Frame>({
  interest,
  ...rest
}: Pick<Subscriber<Frame>, 'group' | 'sink' | 'seq' | 'chain' | 'headAtStart' | 'broken' | 'isResuming'> & {
  interest: Interest & Pick<Subscriber<Frame>, 'onEnd'>
}): Subscriber<Frame> {
  // property by property: a spread object takes twice the memory, and there are thousands
  return {
    viewerId: interest.viewerId,
    hiddenActorIds: interest.hiddenActorIds,
    historyFrom: interest.historyFrom,
    shunnedUserIds: interest.shunnedUserIds,
    hides: interest.hides,
    settling: interest.settling,
    hintKinds: interest.hintKinds,
    selects: interest.selects,
    endsWith: interest.endsWith,
    maySeeNow: interest.maySeeNow,
    onEnd: interest.onEnd,
    group: rest.group,
    sink: rest.sink,
    topicId: rest.group.topic.id,
    seq: rest.seq,
    chain: rest.chain,
    headAtStart: rest.headAtStart,
    state: 'catching up',
    greets: true,
    broken: rest.broken,
    isResuming: rest.isResuming,
    pageMax: feedLimits.firstPageEvents,
    maySee: true,
  }
}

/**
 * Delivers the frames of a page in order, up to the event that ends the stream.
 *
 * @param frames one for each event; null when the stream sends nothing for it.
 * @returns whether the stream has ended.
 */
export function take<Frame>(
  subscriber: Subscriber<Frame>,
  events: readonly FeedEvent[],
  frames: readonly (Frame | null)[],
): boolean {
  if (frames.length !== events.length) invariant(false, `${frames.length} frames for ${events.length} events`)
  let taken = 0
  let over = false
  // runs for every delivery: allocates nothing when all get the same frames
  for (let event = events[0]; event && !over; event = events[taken]) {
    if (event.seq !== subscriber.seq + 1) invariant(false, `${event.seq} follows ${subscriber.seq} in ${event.topicId}`)
    subscriber.seq = event.seq
    subscriber.chain = event.chain
    over = mayEnd(event) && subscriber.endsWith(event)
    taken++
  }
  const ours = taken === frames.length ? frames : frames.slice(0, taken)
  const said = hasNoGap(ours) ? ours : ours.filter((frame) => frame !== null)
  if (said.length > 0) subscriber.sink.deliver(said)
  return over
}

/** Tells whether the stream sends something for every event. */
function hasNoGap<Frame>(frames: readonly (Frame | null)[]): frames is readonly Frame[] {
  return !frames.includes(null)
}
