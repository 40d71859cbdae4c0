import type { FeedEvent, Page } from '../events.ts'
import type { Group } from './group.ts'

/** A topic with local subscribers. */
export interface HubTopic {
  readonly id: string
  epoch: number
  /** The last number read and delivered; -1 until a subscriber says where the topic stands. */
  seq: number
  /** The highest number that was rung. */
  wanted: number
  /** Whether it was rung since the last read began. */
  rung: boolean
  /** Whether something says that the feed is another one by now: the next read decides. */
  doubted: boolean
  /** The last events, contiguous up to `seq`. */
  recent: readonly FeedEvent[]
  /** The page after `seq`, where it has been read already. */
  ahead: Page | null
  readonly groups: Map<string, Group<unknown>>
  /** Holds the topic open: subscribers, and those who are about to be. */
  holds: number
  pumping: boolean
}

/** Makes a topic of which nothing is known yet. */
export function createHubTopic(id: string): HubTopic {
  return {
    ...{ id, epoch: -1, seq: -1, wanted: -1, rung: false, doubted: false },
    ...{ recent: [], ahead: null, groups: new Map(), holds: 0, pumping: false },
  }
}

/** Notes that the topic has reached a number. Returns whether that is news. */
export function noteRing(topic: HubTopic, head: number): boolean {
  if (head <= topic.seq) return false
  topic.wanted = Math.max(topic.wanted, head)
  topic.rung = true
  return true
}

/** Whether a page goes on right after a place: same feed, no hole. */
export function follows(page: Page, cursor: { readonly epoch: number; readonly seq: number }): boolean {
  const next = page.events[0]?.seq ?? page.head + 1
  return page.epoch === cursor.epoch && next === cursor.seq + 1
}

/** Puts the topic at the end of what a page says; null when it is no more. */
export function moveTo(topic: HubTopic, page: Page | null): void {
  topic.epoch = page?.epoch ?? -1
  topic.seq = page?.head ?? -1
  topic.recent = []
  topic.ahead = null
}

/** The recent events after a number; null when the memory has none or begins later. */
export function recentAfter(topic: HubTopic, seq: number): readonly FeedEvent[] | null {
  const first = topic.recent[0]
  // who knows of events that the hub has not read yet must read them: nothing in memory leads on
  return first && first.seq <= seq + 1 && seq < topic.seq ? topic.recent.slice(seq + 1 - first.seq) : null
}
