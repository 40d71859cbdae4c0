import { invariant } from '../errors.ts'
import { link } from './chain.ts'
import type { FeedEvent, NewEvent, Placed } from './events.ts'
import { newTopic, type TopicState } from './topics.ts'

/** The numbers of an event that is not stored yet. */
export interface AppendedEvent extends FeedEvent {
  /** The number of the newest message of the room, this one included. */
  readonly lastNumber: number
}

/** Numbers and links the events of one transaction: see `createAppender`. */
export interface Appender {
  /** Places an event at the end of its topic. */
  append(event: NewEvent): AppendedEvent
  /** Includes a topic that this transaction creates. */
  open(topicId: string): void
  /** Returns the events in the order in which they were appended, and the new states of their topics. */
  placed(): Placed
}

/**
 * Creates the part of a transaction that numbers its events. It reads and writes nothing.
 *
 * @param locked the locked topics, and the time of PostgreSQL after they were locked.
 */
export function createAppender({ topics, at }: { topics: ReadonlyMap<string, TopicState>; at: Date | null }): Appender {
  const states = new Map(topics)
  const moved = new Set<string>()
  const events: FeedEvent[] = []
  return {
    append(event) {
      const state = states.get(event.topicId)
      invariant(state && at, `the topic ${event.topicId} of a new event is locked`)
      const placed = placeEvent(state, event, at)
      events.push(placed.event)
      states.set(event.topicId, placed.state)
      moved.add(event.topicId)
      return { ...placed.event, lastNumber: placed.state.lastNumber }
    },
    open: (topicId) => void states.set(topicId, newTopic(topicId)),
    placed: () => ({ events, topics: [...moved].flatMap((topicId) => states.get(topicId) ?? []) }),
  }
}

/** Numbers and links an event after the state of its topic. Returns the state after it, too. */
export function placeEvent(state: TopicState, event: NewEvent, at: Date): { event: FeedEvent; state: TopicState } {
  const numbered = { ...event, seq: state.head + 1, at }
  const chain = link(state.chain, numbered)
  const lastNumber = state.lastNumber + (event.kind === 'MESSAGE_SENT' ? 1 : 0)
  return { event: { ...numbered, chain }, state: { ...state, head: numbered.seq, chain, lastNumber } }
}
