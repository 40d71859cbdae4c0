// The feed as it should be, in memory: what a simulated hub reads, and what its subscribers must have got.

import { chainOfNothing, link, type Position } from '../../src/feed/chain.ts'
import type { FeedEvent, Page, PageRequest } from '../../src/feed/events.ts'
import type { TopicState } from '../../src/feed/topics.ts'
import type { Random, VirtualClock } from '../simulation/virtual-time.ts'

/** People of the simulation: they write, watch, and are removed. */
export const people = ['ada', 'bob', 'cy', 'dan'] as const

/** A topic of the model. */
export interface ModelTopic {
  readonly id: string
  /** All histories that the topic ever had, the present one last. In each, number n is at n - 1. */
  readonly histories: FeedEvent[][]
  floor: number
  /** True if the feed was ever put back, or replaced by another one. */
  isPutBack: boolean
  /** True if it was deleted. */
  isGone: boolean
  /** The state that a replica has of it: an earlier one, perhaps of a history that was lost. */
  replicated: Page
  readonly events: FeedEvent[]
  readonly head: number
  readonly chain: string
}

/** The chain of a number in a history; undefined for a number beyond its end. */
export const chainAt = (events: readonly FeedEvent[], seq: number) =>
  seq === 0 ? chainOfNothing : events[seq - 1]?.chain

/** The position of a number in the present history of a topic. */
export function positionAt({ events }: ModelTopic, seq: number): Position {
  return { seq, chain: chainAt(events, seq) ?? chainOfNothing }
}

/** Goes on from the first events of the present history. */
export function putBack(topic: ModelTopic, head: number): void {
  topic.histories.push(topic.events.slice(0, head))
  topic.floor = Math.min(topic.floor, head)
  topic.isPutBack = true
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
  /** Reads from a replica, which follows now and then, and keeps what was lost until then; null without an answer. */
  readReplica(request: PageRequest): Promise<Page | null>
  heads(topicIds: readonly string[]): Promise<TopicState[]>
  state(topic: ModelTopic): TopicState
  /** Adds events; `removals` is the probability that one of them removes somebody. */
  write(topic: ModelTopic, count: number, removals: number): void
  /** Forgets events from the front. */
  trim(topic: ModelTopic): void
  /** Puts another feed with the same id into its place. */
  replace(topic: ModelTopic): void
  /** Puts the feed back to an earlier event, from where it may go on differently. */
  rewind(topic: ModelTopic): void
}

/** The parameters of a model feed. */
export interface ModelFeedOptions {
  readonly clock: VirtualClock
  readonly random: Random
  readonly weather: Weather
  readonly topicCount: number
  readonly pageMax: number
}

/** Makes a feed with a few events in each topic. */
export function createModelFeed({ clock, random, weather, topicCount, pageMax }: ModelFeedOptions): ModelFeed {
  const topics = Array.from({ length: topicCount }, (_, index) => createTopic(`topic ${index}`))
  // no two events have the same time, as those of two servers would not
  let written = 0

  /** Looks at the feed at some moment between the question and the answer. */
  async function answer<T>(look: () => T): Promise<T> {
    await clock.pass(random.below(weather.delayMsMax))
    const answered = look()
    await clock.pass(random.below(weather.delayMsMax))
    if (random.chance(weather.failing)) throw new Error('the database is away')
    return answered
  }

  function write({ id: topicId, events }: ModelTopic, count: number, removals: number): void {
    for (let left = count; left > 0; left--) {
      const kinds = ['MESSAGE_SENT', 'MESSAGE_SENT', 'MEMBER_JOINED'] as const
      const kind = random.chance(removals) ? ('MEMBER_LEFT' as const) : random.pick(kinds)
      const [actorId, subject] = [random.pick(people), random.pick(people)]
      written += 1
      const event = { topicId, seq: events.length + 1, kind, actorId, subject, at: new Date(written) }
      events.push({ ...event, chain: link(chainAt(events, events.length) ?? chainOfNothing, event) })
    }
  }

  const state = ({ id: topicId, head, floor, chain }: ModelTopic) => ({ topicId, head, floor, chain, lastNumber: 0 })

  for (const topic of topics) write(topic, random.below(8), 0)
  return {
    topics,
    state,
    write,
    read: ({ topicId, after }) =>
      answer(() => {
        const topic = topics.find(({ id, isGone }) => id === topicId && !isGone)
        if (!topic) return null
        const { head, floor, chain, events } = topic
        const from = Math.max(after, floor)
        return { head, floor, chain, events: events.slice(from, from + pageMax) }
      }),
    readReplica: ({ topicId, after }) =>
      answer(() => {
        const topic = topics.find(({ id }) => id === topicId)
        if (!topic) return null
        const { head, floor, chain, events } = topic
        if (random.chance(0.3)) topic.replicated = { head, floor, chain, events: [...events] }
        const page = topic.replicated
        const from = Math.max(after, page.floor)
        return { ...page, events: page.events.slice(from, from + pageMax) }
      }).catch(() => null),
    heads: (topicIds) => answer(() => topics.filter(({ id, isGone }) => topicIds.includes(id) && !isGone).map(state)),
    trim(topic) {
      topic.floor += random.below(topic.head - topic.floor + 1)
    },
    replace(topic) {
      putBack(topic, 0)
      write(topic, random.below(20), 0)
    },
    rewind(topic) {
      putBack(topic, topic.floor + random.below(topic.head - topic.floor + 1))
      write(topic, random.pick([0, 0, random.below(4), random.below(20)]), 0.05)
    },
  }
}

function createTopic(id: string): ModelTopic {
  const histories: FeedEvent[][] = [[]]
  return {
    ...{ id, histories, floor: 0, isPutBack: false, isGone: false },
    replicated: { head: 0, floor: 0, chain: chainOfNothing, events: [] },
    get events() {
      return histories.at(-1) ?? []
    },
    get head() {
      return this.events.length
    },
    get chain() {
      return chainAt(this.events, this.head) ?? chainOfNothing
    },
  }
}
