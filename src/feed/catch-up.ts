import type { FeedEvent } from './events.ts'
import type { Group } from './group.ts'
import type { HubOptions, Topic } from './hub.ts'
import { endWithResync } from './resync.ts'
import { controlAt, isHidden, type Subscriber, take } from './subscriber.ts'

/** What the hub lends to a subscriber that is catching up. */
export interface CatchUpOptions extends HubOptions {
  join<Frame>(topic: Topic, group: Group<Frame>, subscriber: Subscriber<Frame>): void
  end<Frame>(topic: Topic, group: Group<Frame>, subscriber: Subscriber<Frame>): void
}

/** Brings one subscriber to the hub's place: see `createCatchUp`. */
export type CatchUp = <Frame>(
  topic: Topic,
  group: Group<Frame>,
  subscriber: Subscriber<Frame>,
  how: { greet: boolean },
) => Promise<void>

/**
 * Makes the loop of a subscriber that is behind: it reads pages from its own cursor, as fast as its sink drains, until it
 * has reached the hub's place, and joins the live ones in that very tick. Nothing is queued for it meanwhile.
 */
export function createCatchUp({ read, clock, config, onError, join, end }: CatchUpOptions): CatchUp {
  return async (topic, group, subscriber, { greet }) => {
    let delayMs = config.reconnectMinMs
    while (subscriber.state === 'catching up') {
      try {
        if (!(await drain(subscriber))) {
          end(topic, group, subscriber)
          subscriber.sink.abandon()
          return
        }
        await step(topic, group, subscriber, greet)
        delayMs = config.reconnectMinMs
      } catch (error) {
        onError(error)
        await new Promise<void>((resolve) => clock.after(delayMs, resolve))
        delayMs = Math.min(delayMs * 2, config.reconnectMaxMs)
      }
    }
  }

  async function step<Frame>(topic: Topic, group: Group<Frame>, subscriber: Subscriber<Frame>, greet: boolean) {
    if (subscriber.state !== 'catching up') return
    if (subscriber.seq >= topic.seq) {
      await arrive(topic, group, subscriber, greet)
      return
    }
    const events = recentAfter(topic, subscriber.seq) ?? (await readOn(subscriber))
    if (!events) {
      end(topic, group, subscriber)
      const reason = 'The feed no longer goes back to the cursor.'
      await endWithResync(subscriber, group.renderFor, new Date(clock.now()), reason)
      return
    }
    const signals = events.map((event) => (isHidden(subscriber, event) ? controlAt(event, 'HIDDEN', event.at) : event))
    const frames = await group.renderFor(subscriber.viewerId, signals)
    if (subscriber.state !== 'catching up') return
    if (take(subscriber, events, frames)) {
      end(topic, group, subscriber)
      subscriber.sink.finish(null)
    }
  }

  async function arrive<Frame>(topic: Topic, group: Group<Frame>, subscriber: Subscriber<Frame>, greet: boolean) {
    const synced = controlAt(subscriber, 'SYNCED', new Date(clock.now()))
    const greets = greet && subscriber.selects(synced)
    const frames = greets ? await group.renderFor(subscriber.viewerId, [synced]) : []
    // the topic may have moved while the greeting was made: then it is not true yet
    if (subscriber.state !== 'catching up' || subscriber.seq < topic.seq) return
    join(topic, group, subscriber)
    const said = frames.filter((frame) => frame !== null)
    if (said.length > 0) subscriber.sink.deliver(said)
  }

  /** Reads a page after the subscriber's place; null when the feed does not go back so far. */
  async function readOn(subscriber: Subscriber<unknown>): Promise<readonly FeedEvent[] | null> {
    const page = await read({ topicId: subscriber.topicId, after: subscriber.seq })
    const continues = page && page.epoch === subscriber.epoch && page.floor <= subscriber.seq
    return continues && page.events[0]?.seq === subscriber.seq + 1 ? page.events : null
  }

  /** Waits until the sink has room. False when it took nothing for `stallMs`. */
  async function drain(subscriber: Subscriber<unknown>): Promise<boolean> {
    const { sink } = subscriber
    while (sink.bufferedBytes() > config.socketBufferBytesMax / 4 && subscriber.state === 'catching up') {
      const before = sink.bufferedBytes()
      const waiting = Promise.withResolvers<void>()
      const cancel = clock.after(config.stallMs, waiting.resolve)
      await Promise.race([sink.drained(), waiting.promise])
      cancel()
      if (sink.bufferedBytes() >= before) return false
    }
    return true
  }
}

/** The recent events after a number; null when the memory does not go back so far. */
function recentAfter(topic: Topic, seq: number): readonly FeedEvent[] | null {
  const first = topic.recent[0]
  return first && first.seq <= seq + 1 ? topic.recent.slice(seq + 1 - first.seq) : null
}
