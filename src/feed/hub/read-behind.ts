import { feedLimits } from '../../config/feed.ts'
import type { Replica, ReplicaRow } from '../../database/read-replica.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import { type EventRow, type Page, type PageRequest, pagesStatement, toPages } from '../events.ts'
import { reasonToResync } from '../resync.ts'
import { createReader } from './reader.ts'
import type { HubTopic, Subscriber } from './state.ts'

/** A subscriber, as far as its next page depends on it. */
export interface Reading extends Pick<Subscriber<unknown>, 'topicId' | 'seq' | 'chain'> {
  readonly group: { readonly topic: Pick<HubTopic, 'seq' | 'chain' | 'recent' | 'doubted'> }
}

/** Reads a subscriber's next page from a replica; null when the primary must. */
export type ReadBehind = (subscriber: Reading) => Promise<Page | null>

/** Options of `createReadBehind`. */
export interface ReadBehindOptions {
  /** Reads a page from the replica; null when it does not answer, or does not have the topic. */
  readPage(request: PageRequest): Promise<Page | null>
  readonly counts: Pick<Metrics['counts'], 'replica_reads_total'>
}

/** Creates the reader of pages of a replica, several topics in a statement. */
export function createReplicaReader(replica: Replica, eventsMax: number): ReadBehindOptions['readPage'] {
  return createReader(async (requests) => {
    const rows = await replica.read<EventRow & ReplicaRow>((column) =>
      pagesStatement(requests, { limit: eventsMax, column }),
    )
    return toPages(rows ?? [])
  }, feedLimits.topicsPerReadMax)
}

/**
 * Creates the reader of subscribers that are behind the hub.
 *
 * A page is taken when it continues the subscriber's cursor, and the replica also has a later event that the hub has
 * read from the primary. The chain value of that event covers all events before it, so equal values prove that the page is
 * the same as on the primary. Events after those that the hub has read are cut off. So a page contains no event that the
 * primary has lost, and it is never empty: the end of the feed, and a resync, are told by the primary alone.
 */
export function createReadBehind({ readPage, counts }: ReadBehindOptions): ReadBehind {
  const reads = counts.replica_reads_total
  return async ({ topicId, seq, chain, group: { topic } }) => {
    if (topic.doubted || seq >= topic.seq) return null
    // the hub goes on meanwhile
    const known = { seq: topic.seq, chain: topic.chain, recent: topic.recent }
    const page = await readPage({ topicId, after: seq })
    if (!page) {
      reads.primary += 1
      return null
    }
    const events = page.events.slice(0, known.seq - seq)
    const isProof = reasonToResync({ seq, chain }, page) === null && isProven({ ...page, events }, known)
    // what the hub knew may be in doubt by now
    const isGood = isProof && !topic.doubted
    reads[isGood ? 'replica' : 'refused'] += 1
    return isGood ? { ...page, events } : null
  }
}

/** Tells whether the last event of a page, or the head of its replica, is an event that the hub knows. */
function isProven({ events, head, chain }: Page, known: Pick<HubTopic, 'seq' | 'chain' | 'recent'>): boolean {
  const last = events.at(-1)
  return last !== undefined && [last, { seq: head, chain }].some((given) => knows(known, given))
}

function knows(
  { seq, chain, recent }: Pick<HubTopic, 'seq' | 'chain' | 'recent'>,
  given: Pick<HubTopic, 'seq' | 'chain'>,
): boolean {
  if (given.seq === seq) return given.chain === chain
  const first = recent[0]
  return first !== undefined && recent[given.seq - first.seq]?.chain === given.chain
}
