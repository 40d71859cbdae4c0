import type { Clock } from '../../concurrency/clock.ts'
import { type FeedConfig, feedLimits } from '../../config/feed.ts'
import type { Group } from '../hub/group.ts'
import type { HubTopic } from '../hub/hub-topic.ts'
import type { Subscriber } from '../hub/subscriber.ts'
import type { Hint, HintContent, HintKind } from '../streams/stream-item.ts'

/** What the hub lends to hints. */
export interface HintDeliveryOptions {
  readonly clock: Clock
  readonly config: Pick<FeedConfig, 'socketBufferBytesMax' | 'hintsRenderedMax'>
  onError(error: unknown): void
  /** Says something to its sink, or gives it up. */
  speak<Frame>(topic: HubTopic, group: Group<Frame>, subscriber: Subscriber<Frame>, say: () => void): void
  /** Lets who does not take what they are given go on at their own pace. */
  setBackFull<Frame>(topic: HubTopic, group: Group<Frame>, subscriber: Subscriber<Frame>): void
}

/** Tells the live subscribers of a topic: see `createWhisper`. */
export type DeliverHint = (topic: HubTopic, content: HintContent) => void

/**
 * Makes the way of hints to those who are live.
 *
 * A hint is executed beside the feed and never holds it up. It carries the place of the topic, so that a client may resume
 * after it: when the topic moves while it is executed, it is executed again, and after some tries it is lost. So it is
 * where it would wait: for a socket that is not nearly empty, behind a newer hint of the same subject, or when too many
 * are on their way.
 */
export function createHintDelivery({ clock, config, onError, speak, setBackFull }: HintDeliveryOptions): DeliverHint {
  /** The newest hint of each topic and subject that is on its way, by kind: many of one kind leave room for others. */
  const underWay = new Map<HintKind, Map<string, HintContent>>()
  const bufferedMax = config.socketBufferBytesMax / 16

  function hand<Frame>(
    topic: HubTopic,
    group: Group<Frame>,
    subscriber: Subscriber<Frame>,
    frame: Frame | null | undefined,
  ): void {
    const bufferedBytes = subscriber.sink.bufferedBytes()
    if (bufferedBytes > config.socketBufferBytesMax) setBackFull(topic, group, subscriber)
    else if (frame != null && bufferedBytes <= bufferedMax) {
      speak(topic, group, subscriber, () => subscriber.sink.deliver([frame]))
    }
  }

  async function tell<Frame>(topic: HubTopic, group: Group<Frame>, content: HintContent, isNewest: () => boolean) {
    for (let tries = 1; tries <= feedLimits.hintTriesMax && isNewest(); tries++) {
      const hint: Hint = { batch: content, ...content, epoch: topic.epoch, seq: topic.seq, at: new Date(clock.now()) }
      const live = await group.renderLive([hint])
      const own = await renderOwn(group, hint)
      if (!isNewest() || topic.epoch !== hint.epoch) return
      if (topic.seq !== hint.seq) continue
      for (const subscriber of [...group.live]) {
        // who has read ahead of the hub is past this place
        if (subscriber.seq !== hint.seq || subscriber.epoch !== hint.epoch) continue
        // who came meanwhile and shuns somebody has no frame
        const frame = shuns(subscriber, hint) ? own.get(subscriber) : live.of(subscriber.viewerId)?.[0]
        hand(topic, group, subscriber, frame)
      }
      return
    }
  }

  return (topic, content) => {
    const groups = [...topic.groups.values()].filter((group) => asksFor(group, content.kind))
    const newest = underWay.get(content.kind) ?? new Map<string, HintContent>()
    underWay.set(content.kind, newest)
    if (groups.length === 0 || newest.size >= config.hintsRenderedMax) return
    const key = `${content.topicId} ${content.subject}`
    newest.set(key, content)
    const isNewest = () => newest.get(key) === content
    const told = groups.map((group) => tell(topic, group, content, isNewest).catch(onError))
    void Promise.all(told).then(() => {
      if (isNewest()) newest.delete(key)
    })
  }
}

/** Whether the live ones of a group ask for a kind: their operations are equal, and so is what they ask for. */
function asksFor({ live }: Group<unknown>, kind: HintKind): boolean {
  const [first] = live
  return first?.hintKinds.has(kind) ?? false
}

function shuns({ shunnedUserIds }: Subscriber<unknown>, { actorIds, userIds }: Hint): boolean {
  if (shunnedUserIds.size === 0) return false
  return [...actorIds, ...userIds].some((userId) => shunnedUserIds.has(userId))
}

/** Executes for each subscriber who shuns somebody of the hint, but for those who must not be told at all. */
async function renderOwn<Frame>(group: Group<Frame>, hint: Hint): Promise<Map<Subscriber<Frame>, Frame | null>> {
  const own = new Map<Subscriber<Frame>, Frame | null>()
  for (const subscriber of [...group.live]) {
    if (!shuns(subscriber, hint)) continue
    const isShunned = (userId: string) => subscriber.shunnedUserIds.has(userId)
    if (hint.actorIds.length > 0 && hint.actorIds.every(isShunned)) continue
    const theirs = { ...hint, userIds: hint.userIds.filter((userId) => !isShunned(userId)) }
    const [frame = null] = await group.renderFor(subscriber, [theirs])
    own.set(subscriber, frame)
  }
  return own
}
