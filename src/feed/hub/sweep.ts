import type { Position } from '../chain.ts'
import type { Ring } from '../events.ts'
import { reasonToResync } from '../resync.ts'
import type { TopicState } from '../topics.ts'
import { doubt, type HubTopic, noteRing } from './hub-topic.ts'
import type { Pump } from './pump.ts'

/** The parts of the hub that a sweep needs. */
export interface SweepOptions {
  readonly topics: ReadonlyMap<string, HubTopic>
  /** Reads the heads of topics; missing topics are left out. */
  heads(topicIds: readonly string[]): Promise<readonly TopicState[]>
  readonly pump: Pump
}

/** Creates the check of all topics. It returns those that had events without a ring. */
export function createSweep({ topics, heads, pump }: SweepOptions): () => Promise<readonly Ring[]> {
  return async () => {
    const before = [...topics.values()].filter(({ seq }) => seq >= 0).map((topic) => ({ ...positionOf(topic), topic }))
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
  }
}

const positionOf = ({ seq, chain }: Position): Position => ({ seq, chain })
