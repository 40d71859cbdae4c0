import { chainOfNothing, findBreak, type Position } from '../chain.ts'
import type { FeedEvent, Page } from '../events.ts'
import { createGroup, type Renderer } from './group.ts'
import type { Group, HubTopic } from './state.ts'

/** Creates a topic without any state yet. */
export function createHubTopic(id: string): HubTopic {
  return {
    ...{ id, seq: -1, chain: chainOfNothing, wanted: -1, rung: -1, trace: null, doubted: false },
    // the first page tells how much an event contains
    ...{ recent: [], pageMax: 1, ahead: null, groups: new Map(), holds: 0 },
    ...{ pumping: false, reading: Promise.resolve() },
  }
}

/** Finds or creates the group of an operation. */
export function groupOf<Frame>(topic: HubTopic, renderer: Renderer<Frame>): Group<Frame> {
  // a key contains the renderer's kind of frame, so that equal keys have equal frames
  let group = topic.groups.get(renderer.key) as Group<Frame> | undefined
  if (!group) {
    group = createGroup(topic, renderer)
    topic.groups.set(renderer.key, group)
  }
  return group
}

/** Records that the topic has reached a number. Returns whether this is new. */
export function noteRing(topic: HubTopic, head: number): boolean {
  if (head <= topic.seq) return false
  topic.wanted = Math.max(topic.wanted, head)
  topic.rung = Math.max(topic.rung, head)
  return true
}

/** Records that the feed may have been replaced. What is remembered of it may be lost, and is not delivered any more. */
export function doubt(topic: HubTopic): void {
  topic.doubted = true
  topic.recent = []
}

/** Moves the topic to the end of a page; null when the topic no longer exists. */
export function moveTo(topic: HubTopic, page: Page | null): void {
  topic.seq = page?.head ?? -1
  topic.chain = page?.chain ?? chainOfNothing
  topic.recent = []
  topic.ahead = null
}

/**
 * Returns the recent events after a position.
 *
 * Null when the cache has none, starts later, or is of another history.
 */
export function recentAfter(topic: HubTopic, position: Position): readonly FeedEvent[] | null {
  const { seq } = position
  const first = topic.recent[0]
  if (!first || first.seq > seq + 1 || seq >= topic.seq) return null
  const events = topic.recent.slice(seq + 1 - first.seq)
  // the cache is of one history: its first event tells
  return findBreak(position, events.slice(0, 1)) ? null : events
}

/** The open topics, their subscribers, and the events rung but not delivered. */
export interface HubSize {
  readonly topics: number
  readonly subscribers: number
  readonly eventsBehind: number
}

/** Counts topics, subscribers and events. */
export function sizeOf(topics: ReadonlyMap<string, HubTopic>): HubSize {
  let subscribers = 0
  let eventsBehind = 0
  for (const topic of topics.values()) {
    if (topic.seq >= 0) eventsBehind += Math.max(0, topic.wanted - topic.seq)
    for (const group of topic.groups.values()) subscribers += group.members.size
  }
  return { topics: topics.size, subscribers, eventsBehind }
}
