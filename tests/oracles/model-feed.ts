// The feed as it should be, in memory: what a simulated hub reads, and what its subscribers must have got.

import type { FeedEvent, Page, PageRequest } from '../../src/feed/events.ts'
import type { TopicState } from '../../src/feed/topics.ts'
import type { Random, VirtualClock } from '../simulation/virtual-time.ts'

/** People of the simulation: they write, watch, and are removed. */
export const people = ['ada', 'bob', 'cy', 'dan'] as const

/** A topic of the model. */
export interface ModelTopic {
  readonly id: string
  epoch: number
  head: number
  floor: number
  /** Whether the feed was ever replaced by another one. */
  replaced: boolean
  /** Whether it was deleted. */
  gone: boolean
  /** All events of each epoch: number n is at n - 1. */
  readonly histories: Map<number, FeedEvent[]>
}

/** How likely the feed's answers fail, and how long they take. */
export interface Weather {
  failing: number
  delayMsMax: number
}

/** A feed in memory, whose answers come late and sometimes fail. */
export interface ModelFeed {
  readonly topics: readonly ModelTopic[]
  read(request: PageRequest): Promise<Page | null>
  heads(topicIds: readonly string[]): Promise<TopicState[]>
  state(topic: ModelTopic): TopicState
  /** Adds events; `removals` is the probability that one of them removes somebody. */
  write(topic: ModelTopic, count: number, removals: number): void
  /** Forgets events from the front. */
  trim(topic: ModelTopic): void
  /** Puts another feed with the same id into its place. */
  replace(topic: ModelTopic): void
}

/** What a model feed is made of. */
export interface ModelFeedOptions {
  readonly clock: VirtualClock
  readonly random: Random
  readonly weather: Weather
  readonly topicCount: number
  readonly pageMax: number
}

/** Makes a feed with a few events in each topic. */
export function createModelFeed({ clock, random, weather, topicCount, pageMax }: ModelFeedOptions): ModelFeed {
  const topics = Array.from({ length: topicCount }, (_, index): ModelTopic => {
    const id = `topic ${index}`
    return { id, epoch: 1, head: 0, floor: 0, replaced: false, gone: false, histories: new Map([[1, []]]) }
  })

  /** Looks at the feed at some moment between the question and the answer. */
  async function answer<T>(look: () => T): Promise<T> {
    await clock.pass(random.below(weather.delayMsMax))
    const answered = look()
    await clock.pass(random.below(weather.delayMsMax))
    if (random.chance(weather.failing)) throw new Error('the database is away')
    return answered
  }

  function write(topic: ModelTopic, count: number, removals: number): void {
    const history = topic.histories.get(topic.epoch)
    for (let left = count; left > 0; left--) {
      topic.head += 1
      const kind = random.chance(removals)
        ? 'MEMBER_LEFT'
        : random.pick(['MESSAGE_SENT', 'MESSAGE_SENT', 'MEMBER_JOINED'] as const)
      const { id: topicId, epoch, head: seq } = topic
      const at = new Date(clock.now())
      history?.push({ topicId, epoch, seq, kind, actorId: random.pick(people), subject: random.pick(people), at })
    }
  }

  const state = ({ id: topicId, epoch, head, floor }: ModelTopic) => ({ topicId, epoch, head, floor, lastNumber: 0 })

  for (const topic of topics) write(topic, random.below(8), 0)
  return {
    topics,
    state,
    write,
    read: ({ topicId, after }) =>
      answer(() => {
        const topic = topics.find(({ id, gone }) => id === topicId && !gone)
        if (!topic) return null
        const { epoch, head, floor, histories } = topic
        const from = Math.max(after, floor)
        return { epoch, head, floor, events: (histories.get(epoch) ?? []).slice(from, from + pageMax) }
      }),
    heads: (topicIds) => answer(() => topics.filter(({ id, gone }) => topicIds.includes(id) && !gone).map(state)),
    trim(topic) {
      topic.floor += random.below(topic.head - topic.floor + 1)
    },
    replace(topic) {
      topic.epoch += 1
      topic.head = 0
      topic.floor = 0
      topic.replaced = true
      topic.histories.set(topic.epoch, [])
      write(topic, random.below(20), 0)
    },
  }
}
