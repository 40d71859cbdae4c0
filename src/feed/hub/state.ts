// The state of a hub. A topic has groups, a group has subscribers, and each knows what it belongs to.

import type { FeedEvent, Page } from '../events.ts'
import type { StreamItem } from '../streams/stream-item.ts'
import type { Interest, Onlooker, Sink } from './interest.ts'

/** A topic with local subscribers. */
export interface HubTopic {
  readonly id: string
  /** The last number read and delivered; -1 until a subscriber provides the head of the topic. */
  seq: number
  chain: string
  /** The highest number that was rung. */
  wanted: number
  /** The highest number that was rung since the last read began; -1 for none. */
  rung: number
  /** The place of the newest ring in its trace, until it is read; null when it is not recorded. */
  trace: string | null
  /** True when the feed may have been replaced: the next read decides. */
  doubted: boolean
  /** The last events, contiguous up to `seq`. */
  recent: readonly FeedEvent[]
  /** Events that are rendered at once. It follows how much they contain. */
  pageMax: number
  /** The page after `seq`, if it was read already. */
  ahead: Page | null
  readonly groups: Map<string, Group<unknown>>
  /** Number of subscribers and starting subscribers, which keep the topic open. */
  holds: number
  pumping: boolean
  /** The read that is in flight, or was last. */
  reading: Promise<void>
}

/** The subscribers of one topic with the same operation. */
export interface Group<Frame> {
  readonly topic: HubTopic
  readonly key: string
  /** The subscribers that have reached the hub's cursor. */
  readonly live: Set<Subscriber<Frame>>
  /** All of them, including the ones that are catching up. */
  readonly members: Set<Subscriber<Frame>>
  /** Executes once for all live subscribers, or once per viewer when the selection reads the viewer. */
  renderLive(items: readonly StreamItem[]): Promise<LiveFrames<Frame>>
  /** Executes for one subscriber; subscribers with the same events at the same time share the execution. */
  renderFor(onlooker: Onlooker, items: readonly StreamItem[]): Promise<readonly (Frame | null)[]>
  /** Executes for one viewer, without sharing. */
  renderAlone(viewerId: string, items: readonly StreamItem[]): Promise<readonly (Frame | null)[]>
}

/** The result of an execution for all live subscribers. */
export interface LiveFrames<Frame> {
  /** A frame for each stream item; undefined for a subscriber that joined later. */
  of(viewerId: string): readonly (Frame | null)[] | undefined
  /** The authors that they show, when they are the same for all. */
  readonly shownUserIds: ReadonlySet<string>
  /** The number of the oldest message that they show, when they are the same for all; nothing when they show none. */
  readonly oldestShown?: number
  /** The data that they show only to viewers who do not hide theirs, when they are the same for all. */
  readonly privateShown?: ReadonlySet<string>
  /** How many sets of frames there are: one for all, or one for each viewer. */
  readonly copies: number
}

/** A cursor in the feed of one topic, with a sink for its frames. */
export interface Subscriber<Frame> extends Interest {
  readonly group: Group<Frame>
  readonly sink: Sink<Frame>
  /** Called once when the stream has ended. */
  onEnd(): void
  readonly topicId: string
  /** The number of the last event that was delivered, hidden, or not selected. */
  seq: number
  /** Its chain. */
  chain: string
  /** The head when the stream started: before it, the stream is not synced. Lower when the feed was put back since. */
  headAtStart: number
  state: 'catching up' | 'live' | 'ended'
  /** True when it gets SYNCED after its catch-up: at first, and after its sink was full. */
  greets: boolean
  /** Why it cannot continue from its cursor; null when it can. */
  broken: string | null
  /** True when it began at a cursor of the client and is not live yet. */
  isResuming: boolean
  /** The size of its next page while it is behind. */
  pageMax: number
  /** True when the viewer may see the topic. If not, only numbers follow, up to the event that ends the stream. */
  maySee: boolean
}
