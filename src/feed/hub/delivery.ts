import type { Metrics } from '../../metrics/metrics.ts'
import type { FeedEvent } from '../events.ts'
import type { Group, HubTopic, Subscriber } from './state.ts'
import { take } from './subscriber.ts'

/** Writes to subscribers, and changes their states: see `createDelivery`. */
export interface Delivery {
  /** Delivers frames in order, and ends the subscriber after the event that ends its stream. */
  deliver<Frame>(subscriber: Subscriber<Frame>, events: readonly FeedEvent[], frames: readonly (Frame | null)[]): void
  /** Writes to the sink of one subscriber. */
  speak<Frame>(subscriber: Subscriber<Frame>, say: () => void): void
  /** Makes a subscriber that has reached the topic's cursor live, in the same tick. */
  join<Frame>(subscriber: Subscriber<Frame>): void
  /** Sets a live subscriber back to catching up from its cursor. */
  setBack<Frame>(subscriber: Subscriber<Frame>): void
  /** The same for one with a full socket: it gets SYNCED when it has caught up. */
  setBackFull<Frame>(subscriber: Subscriber<Frame>): void
  /** Ends a subscriber, in any state. Idempotent. */
  end<Frame>(subscriber: Subscriber<Frame>): void
}

/** The parts of the hub that delivery needs. */
export interface DeliveryOptions {
  readonly counts: Metrics['counts']
  onError(error: unknown): void
  /** Starts the catch-up of a subscriber that was set back. */
  catchUp<Frame>(subscriber: Subscriber<Frame>): void
  /** Releases a topic that a subscriber held open. */
  letGo(topic: HubTopic): void
}

/** Creates the delivery of a hub. A subscriber whose sink throws is dropped: we no longer know what it received. */
export function createDelivery({ counts, onError, catchUp, letGo }: DeliveryOptions): Delivery {
  function end<Frame>(subscriber: Subscriber<Frame>): void {
    if (subscriber.state === 'ended') return
    subscriber.state = 'ended'
    if (subscriber.isResuming) counts.resumes_total.other += 1
    const { group } = subscriber
    const { topic, key } = group
    group.live.delete(subscriber)
    group.members.delete(subscriber)
    if (group.members.size === 0 && topic.groups.get(key) === (group as Group<unknown>)) topic.groups.delete(key)
    subscriber.onEnd()
    letGo(topic)
  }

  function giveUp<Frame>(subscriber: Subscriber<Frame>, error: unknown): void {
    onError(error)
    end(subscriber)
    subscriber.sink.abandon()
  }

  function speak<Frame>(subscriber: Subscriber<Frame>, say: () => void): void {
    try {
      say()
    } catch (error) {
      giveUp(subscriber, error)
    }
  }

  function setBack<Frame>(subscriber: Subscriber<Frame>): void {
    subscriber.group.live.delete(subscriber)
    subscriber.state = 'catching up'
    catchUp(subscriber)
  }

  return {
    deliver(subscriber, events, frames) {
      try {
        if (!take(subscriber, events, frames)) return
        end(subscriber)
        subscriber.sink.finish(null)
      } catch (error) {
        giveUp(subscriber, error)
      }
    },
    speak,
    join(subscriber) {
      subscriber.state = 'live'
      subscriber.group.live.add(subscriber)
    },
    setBack,
    setBackFull(subscriber) {
      subscriber.greets = true
      counts.subscriber_stalls_total.total += 1
      setBack(subscriber)
    },
    end,
  }
}
