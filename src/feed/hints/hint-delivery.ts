import type { Clock } from '../../concurrency/clock.ts'
import { type FeedConfig, feedLimits } from '../../config/feed.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import { isSamePosition } from '../chain.ts'
import type { Delivery } from '../hub/delivery.ts'
import { showsHidden } from '../hub/group.ts'
import type { Group, HubTopic, LiveFrames, Subscriber } from '../hub/state.ts'
import type { Hint, HintContent, HintKind } from '../streams/stream-item.ts'
import { isPrivate, shuns } from './hint-privacy.ts'

/** The parts of the hub that hint delivery needs. */
export interface HintDeliveryOptions {
  readonly clock: Clock
  readonly config: Pick<FeedConfig, 'socketBufferBytesMax' | 'hintsRenderedMax'>
  readonly counts: Metrics['counts']
  onError(error: unknown): void
  readonly delivery: Delivery
}

/** Delivers a hint to the live subscribers of a topic: see `createHintDelivery`. */
export type DeliverHint = (topic: HubTopic, content: HintContent) => void

/**
 * Creates the delivery of hints to live subscribers.
 *
 * Hints are executed beside the feed and never delay it. A hint carries the cursor of the topic, so that a client may
 * resume after it: when the topic moves during the execution, the hint is executed again, and dropped after some tries.
 * It is also dropped where it would wait: when the socket is not nearly empty, when a newer hint of the same subject
 * exists, or when too many hints are being executed.
 */
export function createHintDelivery(options: HintDeliveryOptions): DeliverHint {
  const { clock, config, counts, onError, delivery } = options
  const { hints_dropped_total: dropped } = counts
  /** The newest hint in execution of each topic and subject, by kind: many of one kind leave room for others. */
  const underWay = new Map<HintKind, Map<string, HintContent>>()
  const bufferedMax = config.socketBufferBytesMax / 16

  function hand<Frame>(subscriber: Subscriber<Frame>, frame: Frame | null | undefined): void {
    const bufferedBytes = subscriber.sink.bufferedBytes()
    if (bufferedBytes > config.socketBufferBytesMax) delivery.setBackFull(subscriber)
    else if (frame == null) return
    else if (bufferedBytes > bufferedMax) dropped.slow_reader += 1
    else delivery.speak(subscriber, () => subscriber.sink.deliver([frame]))
  }

  async function tell<Frame>(group: Group<Frame>, content: HintContent, isNewest: () => boolean) {
    const { topic } = group
    for (let tries = 1; tries <= feedLimits.hintTriesMax && isNewest(); tries++) {
      const hint: Hint = { batch: content, ...content, seq: topic.seq, chain: topic.chain, at: new Date(clock.now()) }
      const live = await group.renderLive([hint])
      const own = await renderOwn(group, hint, live)
      if (!isNewest()) return
      if (!isSamePosition(topic, hint)) continue
      // live subscribers are at the topic's cursor
      for (const subscriber of [...group.live]) {
        // a subscriber that joined meanwhile and needs its own has no frame
        const frame = needsOwn(subscriber, hint, live) ? own.get(subscriber) : live.of(subscriber.viewerId)?.[0]
        hand(subscriber, frame)
      }
      return
    }
    if (isNewest()) dropped.moved += 1
  }

  return (topic, content) => {
    const groups = [...topic.groups.values()].filter((group) => asksFor(group, content.kind))
    const newest = underWay.get(content.kind) ?? new Map<string, HintContent>()
    underWay.set(content.kind, newest)
    if (groups.length === 0) return
    if (newest.size >= config.hintsRenderedMax) {
      dropped.too_many += 1
      return
    }
    const key = `${content.topicId} ${content.subject}`
    newest.set(key, content)
    const isNewest = () => newest.get(key) === content
    const told = groups.map((group) => tell(group, content, isNewest).catch(onError))
    void Promise.all(told).then(() => {
      if (isNewest()) newest.delete(key)
    })
  }
}

/** Tells whether the group asks for a kind: all its operations are equal. */
function asksFor({ live }: Group<unknown>, kind: HintKind): boolean {
  const [first] = live
  return first?.hintKinds.has(kind) ?? false
}

/** Tells whether the subscriber needs a frame of their own for a hint. */
function needsOwn(subscriber: Subscriber<unknown>, hint: Hint, live: LiveFrames<unknown>): boolean {
  return shuns(subscriber, hint) || isPrivate(subscriber, hint) || showsHidden(subscriber, live)
}

/**
 * Executes a hint for each subscriber for whom the shared frame is not: who shuns some of its users, or hides what it shows.
 *
 * Leaves out those who must not receive it at all.
 */
async function renderOwn<Frame>(
  group: Group<Frame>,
  hint: Hint,
  live: LiveFrames<Frame>,
): Promise<Map<Subscriber<Frame>, Frame | null>> {
  const own = new Map<Subscriber<Frame>, Frame | null>()
  for (const subscriber of [...group.live]) {
    if (isPrivate(subscriber, hint) || !needsOwn(subscriber, hint, live)) continue
    const isShunned = (userId: string) => subscriber.shunnedUserIds.has(userId)
    if (hint.actorIds.length > 0 && hint.actorIds.every(isShunned)) continue
    const theirs = { ...hint, userIds: hint.userIds.filter((userId) => !isShunned(userId)) }
    const [frame = null] = await group.renderFor(subscriber, [theirs])
    own.set(subscriber, frame)
  }
  return own
}
