import { createBackoff } from '../../concurrency/backoff.ts'
import type { Position } from '../chain.ts'
import type { CatchUpOptions } from './catch-up.ts'
import { doubt, noteRing } from './hub-topic.ts'
import type { HubTopic } from './state.ts'

/** The parts of the hub that a pump needs. */
export interface PumpOptions extends Pick<CatchUpOptions, 'clock' | 'onError'> {
  /** Reads a page of the topic, and delivers it. */
  readOn(topic: HubTopic): Promise<void>
  config: Pick<CatchUpOptions['config'], 'reconnectMinMs' | 'reconnectMaxMs'>
}

/** Reads a topic until it has reached every number that was rung: see `createPump`. */
export type Pump = (topic: HubTopic) => Promise<void>

/** Creates the loop that reads and delivers until all rung events are delivered. One run at a time per topic. */
export function createPump({ readOn, clock, config, onError }: PumpOptions): Pump {
  return async (topic) => {
    if (topic.pumping) return
    topic.pumping = true
    const backoff = createBackoff(config)
    const attempt = async () => {
      try {
        await readOn(topic)
        backoff.reset()
      } catch (error) {
        onError(error)
        // the ring that caused this read is not handled yet
        doubt(topic)
        await new Promise<void>((resolve) => clock.after(backoff.nextMs(), resolve))
      }
    }
    while (topic.seq >= 0 && topic.holds > 0 && (topic.doubted || topic.wanted > topic.seq)) {
      topic.reading = attempt()
      await topic.reading
    }
    topic.pumping = false
  }
}

/**
 * Answers a subscriber that is ahead of the hub, or has seen another history.
 *
 * The hub reads once more: the feed says which of the two is right. Resolves after a read that may have begun before.
 */
export function reconcilerOf(pump: Pump): (topic: HubTopic, position: Position) => Promise<void> {
  return async (topic, { seq, chain }) => {
    // a topic that was gone, and is there again where the subscriber is
    if (topic.seq < 0) Object.assign(topic, { seq, chain })
    if (!noteRing(topic, seq)) doubt(topic)
    void pump(topic)
    await topic.reading
  }
}
