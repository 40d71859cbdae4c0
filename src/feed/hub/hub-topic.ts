import type { FeedEvent, Page } from '../events.ts'
import { createGroup, type Group, type Renderer } from './group.ts'

/** A topic with local subscribers. */
export interface HubTopic {
  readonly id: string
  epoch: number
  /** The last number read and delivered; -1 until a subscriber provides the head of the topic. */
  seq: number
  /** The highest number that was rung. */
  wanted: number
  /** Whether it was rung since the last read began. */
  rung: boolean
  /** Whether the feed may have been replaced: the next read decides. */
  doubted: boolean
  /** The last events, contiguous up to `seq`. */
  recent: readonly FeedEvent[]
  /** The page after `seq`, if it was read already. */
  ahead: Page | null
  readonly groups: Map<string, Group<unknown>>
  /** Number of subscribers and starting subscribers, which keep the topic open. */
  holds: number
  pumping: boolean
}

/** Creates a topic without any state yet. */
export function createHubTopic(id: string): HubTopic {
  return {
    ...{ id, epoch: -1, seq: -1, wanted: -1, rung: false, doubted: false },
    ...{ recent: [], ahead: null, groups: new Map(), holds: 0, pumping: false },
  }
}

/** Finds or creates the group of an operation. */
export function groupOf<Frame>(topic: HubTopic, renderer: Renderer<Frame>): Group<Frame> {
  // a key contains the renderer's kind of frame, so that equal keys have equal frames
  let group = topic.groups.get(renderer.key) as Group<Frame> | undefined
  if (!group) {
    group = createGroup(renderer)
    topic.groups.set(renderer.key, group)
  }
  return group
}

/** Records that the topic has reached a number. Returns whether this is new. */
export function noteRing(topic: HubTopic, head: number): boolean {
  if (head <= topic.seq) return false
  topic.wanted = Math.max(topic.wanted, head)
  topic.rung = true
  return true
}

/** Whether a page continues right after a cursor: same feed, no gap. */
export function follows(page: Page, cursor: { readonly epoch: number; readonly seq: number }): boolean {
  const next = page.events[0]?.seq ?? page.head + 1
  return page.epoch === cursor.epoch && next === cursor.seq + 1
}

/** Moves the topic to the end of a page; null when the topic no longer exists. */
export function moveTo(topic: HubTopic, page: Page | null): void {
  topic.epoch = page?.epoch ?? -1
  topic.seq = page?.head ?? -1
  topic.recent = []
  topic.ahead = null
}

/** The recent events after a number; null when the cache has none or starts later. */
export function recentAfter(topic: HubTopic, seq: number): readonly FeedEvent[] | null {
  const first = topic.recent[0]
  // a subscriber ahead of the hub must read the events: the cache does not continue from there
  return first && first.seq <= seq + 1 && seq < topic.seq ? topic.recent.slice(seq + 1 - first.seq) : null
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
