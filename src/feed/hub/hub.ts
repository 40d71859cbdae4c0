import { reportOnce } from '../../concurrency/report-once.ts'
import type { FeedConfig } from '../../config/feed.ts'
import { invariant } from '../../errors.ts'
import type { Tracing } from '../../tracing/tracing.ts'
import type { Position } from '../chain.ts'
import type { FeedEvent, Page, Ring } from '../events.ts'
import { createHintDelivery } from '../hints/hint-delivery.ts'
import { reasonToResync } from '../resync.ts'
import type { HintContent } from '../streams/stream-item.ts'
import type { TopicState } from '../topics.ts'
import { type CatchUpOptions, createCatchUp } from './catch-up.ts'
import { createDelivery } from './delivery.ts'
import { type DeliveryTrace, traceDelivery } from './delivery-trace.ts'
import { needsOwn, type Renderer } from './group.ts'
import { createHubTopic, doubt, groupOf, type HubSize, moveTo, noteRing, sizeOf } from './hub-topic.ts'
import { type Interest, isSentOff, mayEnd, type Sink } from './interest.ts'
import { createLookAhead } from './look-ahead.ts'
import { countFitting, isTooMuch, keepRest, pace } from './page-sizes.ts'
import { createPump, reconcilerOf } from './pump.ts'
import type { HubTopic, LiveFrames, Subscriber } from './state.ts'
import { createSubscriber } from './subscriber.ts'

/** The dependencies of a hub. */
export interface HubOptions extends Pick<CatchUpOptions, 'read' | 'readBehind' | 'clock' | 'onError' | 'metrics'> {
  /** Reads the heads of topics; missing topics are left out. */
  heads(topicIds: readonly string[]): Promise<readonly TopicState[]>
  /** Null when no traces are recorded. */
  tracing: Tracing | null
  /** Called when live subscribers have received events, with the time of the oldest. */
  onDelivered(at: Date): void
  config: CatchUpOptions['config'] & Pick<FeedConfig, 'eventsAheadMax' | 'recentEventsMax' | 'hintsRenderedMax'>
}

/** The start of a stream, and its parts. */
export interface Beginning<Frame> {
  /** The topic's head and its chain, read after the hold was made. */
  readonly state: Pick<TopicState, 'head' | 'chain'>
  /** The stream starts after it. */
  readonly position: Position
  /** Why the stream cannot continue from the cursor; null when it can. */
  readonly broken: string | null
  /** True if it continues from a cursor of the client. */
  readonly isResuming: boolean
  /** With the callback that is called once when the stream has ended. */
  readonly interest: Interest & Pick<Subscriber<Frame>, 'onEnd'>
  readonly renderer: Renderer<Frame>
  readonly sink: Sink<Frame>
}

/** Keeps a topic open while the caller finds out where a stream may start. */
export interface Hold {
  begin<Frame>(beginning: Beginning<Frame>): Subscription
  /** Releases the hold without a stream. */
  release(): void
}

/** A running stream. */
export interface Subscription {
  /** Ends it without a message to the sink. Idempotent. */
  cancel(): void
}

/** The subscribers of this process, by topic: see `createHub`. */
export interface Hub {
  /** Registers before the first read, so that no ring is missed. */
  hold(topicId: string): Hold
  ring(rings: readonly Ring[]): void
  /** Delivers a hint to the live subscribers of its topic; it may be lost. */
  hint(content: HintContent): void
  /** Reads the head of every topic with subscribers, and then the missing events. Returns the topics that have some. */
  catchUp(): Promise<readonly Ring[]>
  /** The size of the hub. */
  size(): HubSize
}

/**
 * Creates the hub.
 *
 * It reads each topic once per process and delivers the events to all local subscribers.
 * First subscribe, ring, reconnect and sweep all end in the same read: everything after the topic's last number.
 */
export function createHub(options: HubOptions): Hub {
  const { read, readBehind = null, heads, clock, config, metrics, tracing } = options
  const { counts } = metrics
  const onError = reportOnce(options.onError)
  const topics = new Map<string, HubTopic>()
  const { nextPage, lookAhead } = createLookAhead({ read, onError })
  const pump = createPump({ readOn, clock, config, onError })
  const reconcile = reconcilerOf(pump)
  const delivery = createDelivery({ counts, onError, catchUp: (subscriber) => void bringUp(subscriber), letGo })
  const bringUp = createCatchUp({ read, readBehind, reconcile, clock, config, metrics, onError, delivery })
  const deliverHint = createHintDelivery({ clock, config, counts, onError, delivery })

  function letGo(topic: HubTopic): void {
    topic.holds--
    if (topic.holds === 0 && topics.get(topic.id) === topic) topics.delete(topic.id)
  }

  function readOn(topic: HubTopic): Promise<void> {
    return traceDelivery(tracing, topic, (traced) => readAndDeliver(topic, traced))
  }

  async function readAndDeliver(topic: HubTopic, traced: DeliveryTrace | null): Promise<void> {
    const page = await nextPage(topic)
    // with too many events ahead, each subscriber reads at its own pace
    const isFarBehind = page !== null && page.events.length > config.eventsAheadMax
    if (!page || isFarBehind || reasonToResync(topic, page) !== null) {
      breakOff(topic, page)
      return
    }
    if (page.events.length > 0) await deliver(topic, page, traced)
    // a ring for a number that does not exist must not hide the real one that follows
    if (topic.seq === page.head && topic.rung <= topic.seq && !topic.ahead) topic.wanted = topic.seq
  }

  async function deliver(topic: HubTopic, page: Page, traced: DeliveryTrace | null): Promise<void> {
    const events = page.events.slice(0, topic.pageMax)
    traced?.next('execute', { events: events.length })
    const groups = [...topic.groups.values()].filter((group) => group.live.size > 0)
    const rendered = await Promise.all(groups.map((group) => group.renderLive(events).catch(onError)))
    const framesOf = new Map(groups.map((group, index) => [group, rendered[index]]))
    traced?.next('deliver', { groups: groups.length })
    const known = [...page.events, ...(await lookAhead(topic, page.events))]
    pace(
      topic,
      groups.map((group, index) => ({ group, frames: rendered[index] ?? null })),
      config,
    )
    keepRest(topic, page, events.length)
    // synchronous from here to the end: every live subscriber has seen exactly the events up to topic.seq
    topic.recent = topic.recent.concat(events).slice(-config.recentEventsMax)
    const { seq, chain } = events.at(-1) ?? topic
    Object.assign(topic, { seq, chain })
    const ending = known.filter(mayEnd)
    for (const group of topic.groups.values()) {
      for (const subscriber of [...group.live]) {
        if (ending.length > 0 && isSentOff(subscriber, ending)) delivery.setBack(subscriber)
        else deliverTo(subscriber, events, framesOf.get(group) ?? null)
      }
    }
    traced?.end({ events: events.length, subscribers: groups.reduce((sum, group) => sum + group.live.size, 0) })
    const [oldest] = events
    if (oldest && groups.length > 0) options.onDelivered(oldest.at)
  }

  function deliverTo<Frame>(
    subscriber: Subscriber<Frame>,
    events: readonly FeedEvent[],
    live: LiveFrames<Frame> | null,
  ): void {
    const bytesMax = config.socketBufferBytesMax
    const unsent = subscriber.sink.bufferedBytes()
    const frames = live && !needsOwn(subscriber, events, live) ? live.of(subscriber.viewerId) : undefined
    // no shared frame (the viewer blocks an author, execution failed, or they joined during the read): let them catch
    // up alone
    if (isTooMuch(unsent, bytesMax)) delivery.setBackFull(subscriber)
    else if (!frames) delivery.setBack(subscriber)
    else {
      const count = countFitting(subscriber, frames, { unsent, bytesMax })
      if (count === frames.length) delivery.deliver(subscriber, events, frames)
      else {
        delivery.deliver(subscriber, events.slice(0, count), frames.slice(0, count))
        if (subscriber.state === 'live') delivery.setBackFull(subscriber)
      }
    }
  }

  /**
   * Skips a page and sets all live subscribers back.
   *
   * The feed was trimmed or put back to an earlier state, or the page is too long. Each subscriber then finds out whether
   * the feed still contains its cursor.
   */
  function breakOff(topic: HubTopic, page: Page | null): void {
    moveTo(topic, page)
    for (const group of topic.groups.values()) {
      for (const subscriber of [...group.live]) delivery.setBack(subscriber)
    }
  }

  function begin<Frame>(topic: HubTopic, beginning: Beginning<Frame> & { seqAtHold: number }): Subscription {
    const { state, position, broken, isResuming, interest, renderer, sink, seqAtHold } = beginning
    const { head, chain } = state
    if (topic.seq < 0) Object.assign(topic, { seq: head, chain })
    // the feed went back since the hub read it, or one of the two read another one
    if (head < seqAtHold || (head === topic.seq && chain !== topic.chain)) doubt(topic)
    noteRing(topic, head)
    const group = groupOf(topic, renderer)
    const subscriber = createSubscriber({
      ...{ interest, group, sink, ...position, headAtStart: head, broken, isResuming },
    })
    group.members.add(subscriber)
    void pump(topic)
    void bringUp(subscriber)
    return { cancel: () => delivery.end(subscriber) }
  }

  function ring(rings: readonly Ring[]): void {
    for (const { topicId, head, trace = null } of rings) {
      const topic = topics.get(topicId)
      if (!topic || !noteRing(topic, head)) continue
      topic.trace = trace ?? topic.trace
      void pump(topic)
    }
  }

  return {
    ring,
    hint(content) {
      const topic = topics.get(content.topicId)
      if (topic && topic.groups.size > 0) deliverHint(topic, content)
    },
    hold(topicId) {
      const topic = topics.get(topicId) ?? createHubTopic(topicId)
      topics.set(topicId, topic)
      topic.holds++
      let used = false
      const seqAtHold = topic.seq
      return {
        release() {
          if (!used) letGo(topic)
          used = true
        },
        begin(beginning) {
          invariant(!used, 'a hold starts one stream')
          used = true
          return begin(topic, { ...beginning, seqAtHold })
        },
      }
    },
    async catchUp() {
      const before = [...topics.values()]
        .filter(({ seq }) => seq >= 0)
        .map((topic) => ({ ...positionOf(topic), topic }))
      if (before.length === 0) return []
      const found: Ring[] = []
      const states = await heads(before.map(({ topic }) => topic.id))
      const stateOf = new Map(states.map((state) => [state.topicId, state]))
      for (const { topic, ...position } of before) {
        const state = stateOf.get(topic.id)
        if (!state || reasonToResync(position, state) !== null) doubt(topic)
        else if (noteRing(topic, state.head)) found.push(state)
        void pump(topic)
      }
      return found
    },
    size: () => sizeOf(topics),
  }
}

const positionOf = ({ seq, chain }: Position): Position => ({ seq, chain })
