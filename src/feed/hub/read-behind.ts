import { feedLimits } from '../../config/feed.ts'
import type { Replica, ReplicaRow } from '../../database/replica.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import type { Position } from '../chain.ts'
import { type EventRow, type FeedEvent, type Page, pagesStatement, toPages } from '../events.ts'
import { reasonToResync } from '../resync.ts'
import { createReader } from './reader.ts'
import type { HubTopic, Subscriber } from './state.ts'

/** A subscriber, as far as its next page depends on it. */
export interface Reading extends Pick<Subscriber<unknown>, 'topicId' | 'seq' | 'chain' | 'headAtStart'> {
  readonly group: { readonly topic: Pick<HubTopic, 'seq' | 'chain' | 'doubted'> }
}

/** Reads a subscriber's next page from a replica; null when the primary must. */
export type ReadBehind = (subscriber: Reading) => Promise<Page | null>

/** Options of `createReadBehind`. */
export interface ReadBehindOptions {
  readonly replica: Replica
  readonly counts: Pick<Metrics['counts'], 'replica_reads_total'>
  /** Events of a full page. */
  readonly eventsMax: number
}

/**
 * Creates the reader of subscribers that are behind the hub.
 *
 * Events never change, so that a page is good when it continues the subscriber's cursor and contains the hub's position.
 * A full page may end before that: the next one is asked for. A page always has events, and the primary decides the rest:
 * whether a subscriber is at the end, and whether it must resync.
 */
export function createReadBehind({ replica, counts, eventsMax }: ReadBehindOptions): ReadBehind {
  const reads = counts.replica_reads_total
  const read = createReader(async (requests) => {
    const rows = await replica.read<EventRow & ReplicaRow>((column) =>
      pagesStatement(requests, { limit: eventsMax, column }),
    )
    return toPages(rows ?? [])
  }, feedLimits.topicsPerReadMax)

  return async ({ topicId, seq, chain, headAtStart, group: { topic } }) => {
    // what the hub has doubts about, and the end of a feed, only the primary knows
    if (topic.doubted || seq >= topic.seq) return null
    const known = { seq: topic.seq, chain: topic.chain }
    const page = await read({ topicId, after: seq })
    if (!page) {
      reads.primary += 1
      return null
    }
    const isFull = page.events.length >= eventsMax
    const isFar = page.head >= Math.max(known.seq, headAtStart)
    const isGood = (isFull || isFar) && continues({ seq, chain }, page) && agrees(page.events, known)
    reads[isGood ? 'replica' : 'refused'] += 1
    return isGood ? page : null
  }
}

const continues = (position: Position, page: Page) => page.events.length > 0 && reasonToResync(position, page) === null

/** Tells whether events contain a position, or end before it. */
function agrees(events: readonly FeedEvent[], { seq, chain }: Position): boolean {
  const first = events[0]?.seq ?? 0
  const event = events[seq - first]
  return event === undefined || event.chain === chain
}
