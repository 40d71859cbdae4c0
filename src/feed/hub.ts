import type { FeedConfig } from '../config.ts'
import { invariant } from '../errors.ts'
import { createCatchUp } from './catch-up.ts'
import { endWithResync } from './resync.ts'
import type { FeedEvent, Page, PageRequest, Ring } from './events.ts'
import { createGroup, type Group, type Renderer } from './group.ts'
import { type Interest, isHidden, type Sink, type Subscriber, take } from './subscriber.ts'

/** Time and timers, handed in so that tests can run them. */
export interface Clock {
  /** Now, in milliseconds. */
  now(): number
  /** Calls back once after `ms`; the returned function takes it back. */
  after(ms: number, callback: () => void): () => void
}

/** The outside world of a hub. */
export interface HubOptions {
  /** Reads a page of one topic; null when the topic does not exist. */
  read(request: PageRequest): Promise<Page | null>
  /** Reads the newest numbers. */
  heads(topicIds: readonly string[]): Promise<readonly Ring[]>
  clock: Clock
  config: Pick<FeedConfig, 'recentEventsMax' | 'socketBufferBytesMax' | 'stallMs' | 'reconnectMinMs' | 'reconnectMaxMs'>
  onError(error: unknown): void
}

/** A topic with local subscribers. */
export interface Topic {
  readonly id: string
  epoch: number
  /** The last number read and delivered; -1 until the first subscriber says where the topic stands. */
  seq: number
  /** The highest number that was rung. */
  wanted: number
  /** The last events, contiguous up to `seq`. */
  recent: FeedEvent[]
  readonly groups: Map<string, Group<unknown>>
  /** Holds the topic open: subscribers, and those who are about to be. */
  holds: number
  pumping: boolean
}

/** A place at a topic that is held while the caller finds out whether and where a stream may begin. */
export interface Hold {
  /**
   * Begins the stream after `seq`.
   *
   * @param state the topic's epoch and head, read after the hold was made.
   */
  begin<Frame>(
    state: { epoch: number; head: number },
    seq: number,
    interest: Interest,
    renderer: Renderer<Frame>,
    sink: Sink<Frame>,
  ): Subscription
  /** Gives the place up without a stream. */
  release(): void
}

/** A running stream. */
export interface Subscription {
  /** Ends it without a word to the sink. Idempotent. */
  cancel(): void
}

/** The subscribers of this process, by topic: see `createHub`. */
export interface Hub {
  /** Registers before the first read, so that no ring is missed. */
  hold(topicId: string): Hold
  ring(rings: readonly Ring[]): void
  /** Asks the feed for the newest number of every topic with subscribers and reads what is missing. */
  catchUp(): Promise<void>
  /** Topics and subscribers that are open now. */
  size(): { topics: number; subscribers: number }
}

/**
 * Makes the hub: it reads each topic once per process and hands the events to all local subscribers.
 *
 * First subscribe, ring, reconnect and sweep all end in the same read: everything after the topic's last number.
 */
export function createHub(options: HubOptions): Hub {
  const { read, heads, clock, config, onError } = options
  const topics = new Map<string, Topic>()
  const catchUpSubscriber = createCatchUp({ ...options, join, end })

  function open(topicId: string): Topic {
    let topic = topics.get(topicId)
    if (!topic) {
      topic = { id: topicId, epoch: -1, seq: -1, wanted: -1, recent: [], groups: new Map(), holds: 0, pumping: false }
      topics.set(topicId, topic)
    }
    topic.holds++
    return topic
  }

  function letGo(topic: Topic): void {
    topic.holds--
    if (topic.holds === 0 && topics.get(topic.id) === topic) topics.delete(topic.id)
  }

  /** Puts a subscriber that has reached the topic's place among the live ones, in this very tick. */
  function join<Frame>(topic: Topic, group: Group<Frame>, subscriber: Subscriber<Frame>): void {
    subscriber.state = 'live'
    group.live.add(subscriber)
  }

  function end<Frame>(topic: Topic, group: Group<Frame>, subscriber: Subscriber<Frame>): void {
    if (subscriber.state === 'ended') return
    subscriber.state = 'ended'
    group.live.delete(subscriber)
    group.members.delete(subscriber)
    if (group.members.size === 0 && topic.groups.get(group.key) === (group as Group<unknown>)) {
      topic.groups.delete(group.key)
    }
    letGo(topic)
  }

  function groupOf<Frame>(topic: Topic, renderer: Renderer<Frame>): Group<Frame> {
    // a key names the renderer's kind of frame, so that equal keys have equal frames
    let group = topic.groups.get(renderer.key) as Group<Frame> | undefined
    if (!group) {
      group = createGroup(renderer)
      topic.groups.set(renderer.key, group as Group<unknown>)
    }
    return group
  }

  /** Reads and delivers until nothing that was rung is missing. One at a time per topic. */
  async function pump(topic: Topic): Promise<void> {
    if (topic.pumping || topic.seq < 0) return
    topic.pumping = true
    let delayMs = config.reconnectMinMs
    while (topic.wanted > topic.seq && topic.holds > 0) {
      try {
        const { wanted } = topic
        const page = await read({ topicId: topic.id, after: topic.seq })
        if (!page || page.epoch !== topic.epoch || page.floor > topic.seq || page.head < topic.seq) {
          await breakOff(topic)
          break
        }
        // a ring for a number that does not exist must not hide the real one that follows
        if (page.events.length === 0 && topic.wanted === wanted) topic.wanted = topic.seq
        if (page.events.length > 0) await deliver(topic, page.events)
        delayMs = config.reconnectMinMs
      } catch (error) {
        onError(error)
        await new Promise<void>((resolve) => clock.after(delayMs, resolve))
        delayMs = Math.min(delayMs * 2, config.reconnectMaxMs)
      }
    }
    topic.pumping = false
  }

  async function deliver(topic: Topic, events: readonly FeedEvent[]): Promise<void> {
    invariant(events[0]?.seq === topic.seq + 1, `topic ${topic.id} continues at ${events[0]?.seq} after ${topic.seq}`)
    const groups = [...topic.groups.values()].filter((group) => group.live.size > 0)
    const rendered = await Promise.all(groups.map((group) => group.renderLive(events)))
    // from here to the end nothing waits: whoever is live has seen exactly the events up to topic.seq
    topic.recent = topic.recent.concat(events).slice(-config.recentEventsMax)
    topic.seq = events.at(-1)?.seq ?? topic.seq
    const framesOf = new Map(groups.map((group, index) => [group, rendered[index]]))
    for (const group of topic.groups.values()) {
      for (const subscriber of [...group.live]) {
        deliverTo(topic, group, subscriber, events, framesOf.get(group)?.(subscriber.viewerId))
      }
    }
  }

  function deliverTo<Frame>(
    topic: Topic,
    group: Group<Frame>,
    subscriber: Subscriber<Frame>,
    events: readonly FeedEvent[],
    frames: readonly (Frame | null)[] | undefined,
  ): void {
    const full = subscriber.sink.bufferedBytes() > config.socketBufferBytesMax
    const hidden = subscriber.hiddenActorIds.size > 0 && events.some((event) => isHidden(subscriber, event))
    if (full || hidden || !frames) {
      group.live.delete(subscriber)
      subscriber.state = 'catching up'
      void catchUpSubscriber(topic, group, subscriber, { greet: full })
    } else if (take(subscriber, events, frames)) {
      end(topic, group, subscriber)
      subscriber.sink.finish(null)
    }
  }

  /** The feed went on in a way that cannot be followed: all must read anew. */
  async function breakOff(topic: Topic): Promise<void> {
    for (const group of [...topic.groups.values()]) {
      for (const subscriber of [...group.live]) {
        end(topic, group, subscriber)
        await endWithResync(subscriber, group.renderFor, new Date(clock.now()), 'The feed was trimmed or replaced.')
      }
    }
    topic.seq = topic.wanted
  }

  return {
    hold(topicId) {
      const topic = open(topicId)
      let used = false
      return {
        release() {
          if (!used) letGo(topic)
          used = true
        },
        begin<Frame>(
          state: { epoch: number; head: number },
          seq: number,
          interest: Interest,
          renderer: Renderer<Frame>,
          sink: Sink<Frame>,
        ) {
          invariant(!used, 'a hold begins one stream')
          used = true
          if (topic.seq < 0) {
            topic.epoch = state.epoch
            topic.seq = state.head
          }
          topic.wanted = Math.max(topic.wanted, state.head)
          const group = groupOf(topic, renderer)
          const subscriber: Subscriber<Frame> = {
            ...interest,
            sink,
            topicId,
            epoch: state.epoch,
            seq,
            state: 'catching up',
          }
          group.members.add(subscriber)
          void pump(topic)
          void catchUpSubscriber(topic, group, subscriber, { greet: true })
          return { cancel: () => end(topic, group, subscriber) }
        },
      }
    },
    ring(rings) {
      for (const { topicId, head } of rings) {
        const topic = topics.get(topicId)
        if (!topic || head <= topic.wanted) continue
        topic.wanted = head
        void pump(topic)
      }
    },
    async catchUp() {
      const topicIds = [...topics.keys()]
      if (topicIds.length === 0) return
      this.ring(await heads(topicIds))
    },
    size() {
      let subscribers = 0
      for (const topic of topics.values()) {
        for (const group of topic.groups.values()) subscribers += group.members.size
      }
      return { topics: topics.size, subscribers }
    },
  }
}
