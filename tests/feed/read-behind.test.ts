// Which pages of a replica a subscriber that is behind may get.

import { expect, test } from 'vitest'
import { chainOfNothing, link } from '../../src/feed/chain.ts'
import type { FeedEvent, Page } from '../../src/feed/events.ts'
import { createReadBehind } from '../../src/feed/hub/read-behind.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'

const topicId = 'topic'

/** A history of some events, which goes on from the first ones of another one. */
function makeHistory(length: number, begin: readonly FeedEvent[] = []): FeedEvent[] {
  const events = [...begin]
  while (events.length < length) {
    const seq = events.length + 1
    const at = new Date(1_000 * begin.length + seq)
    const event = { topicId, seq, kind: 'MESSAGE_SENT', actorId: null, subject: 'message', at } as const
    events.push({ ...event, chain: link(events.at(-1)?.chain ?? chainOfNothing, event) })
  }
  return events
}

const ours = makeHistory(10)
/** It was lost from the sixth event on. */
const lost = makeHistory(12, ours.slice(0, 5))
const at = (events: readonly FeedEvent[], seq: number) => ({ seq, chain: events[seq - 1]?.chain ?? chainOfNothing })

interface Case {
  /** The events that the replica has. */
  readonly has: readonly FeedEvent[] | null
  readonly floor?: number
  /** Where the subscriber is. */
  readonly from: { seq: number; chain: string }
  /** The hub is at the tenth event, and remembers those from this one on. */
  readonly remembers?: number
  readonly doubted?: boolean
  /** True if the hub has doubts once the replica has answered. */
  readonly doubtedMeanwhile?: boolean
  readonly answer: 'replica' | 'refused' | 'primary' | 'not asked'
  /** The events that the subscriber gets. */
  readonly upTo?: number
}

const pageMax = 4
const cases: Readonly<Record<string, Case>> = {
  'all that the hub has': { has: ours, from: at(ours, 7), answer: 'replica', upTo: 10 },
  'a full page of it': { has: ours, from: at(ours, 2), answer: 'replica', upTo: 6 },
  'more than the hub has: the rest comes from the primary': {
    has: makeHistory(13, ours),
    ...{ from: at(ours, 8), answer: 'replica', upTo: 10 },
  },
  'less, up to what the hub remembers': {
    ...{ has: ours.slice(0, 8), remembers: 8, from: at(ours, 6), answer: 'replica', upTo: 8 },
  },
  'less than the hub remembers': { has: ours.slice(0, 7), remembers: 8, from: at(ours, 6), answer: 'refused' },
  'nothing after the cursor': { has: ours.slice(0, 8), remembers: 8, from: at(ours, 8), answer: 'refused' },
  'less than the subscriber': { has: ours.slice(0, 3), from: at(ours, 8), answer: 'refused' },
  'another history, which the subscriber has not seen': { has: lost, from: at(ours, 5), answer: 'refused' },
  'another history, a full page before the hub': { has: lost, from: at(ours, 3), answer: 'refused' },
  'another history, as far as the hub remembers': {
    ...{ has: lost.slice(0, 9), remembers: 8, from: at(ours, 4), answer: 'refused' },
  },
  'another history, which the subscriber has seen': { has: lost, from: at(lost, 7), answer: 'refused' },
  'another history than that of the subscriber': { has: ours, from: at(lost, 7), answer: 'refused' },
  'no event right after the cursor any more': { has: ours, floor: 8, from: at(ours, 6), answer: 'refused' },
  'no answer': { has: null, from: at(ours, 6), answer: 'primary' },
  'an answer for a subscriber that is where the hub is': { has: ours, from: at(ours, 10), answer: 'not asked' },
  'an answer while the hub has doubts': { has: ours, doubted: true, from: at(ours, 6), answer: 'not asked' },
  'an answer when the hub has got doubts': { has: ours, doubtedMeanwhile: true, from: at(ours, 6), answer: 'refused' },
}

test.for(Object.entries(cases))('a replica has %s', async ([, given]) => {
  const { has, floor = 0, from, remembers = 11, doubted = false, doubtedMeanwhile = doubted, answer, upTo } = given
  const { counts } = createMetrics()
  let asked = 0
  const topic = { ...at(ours, 10), recent: ours.slice(remembers - 1), doubted }
  const readBehind = createReadBehind({
    counts,
    async readPage({ after }): Promise<Page | null> {
      asked += 1
      topic.doubted = doubtedMeanwhile
      const first = Math.max(after, floor)
      return (
        has && { head: has.length, floor, chain: at(has, has.length).chain, events: has.slice(first, first + pageMax) }
      )
    },
  })
  const page = await readBehind({ topicId, ...from, group: { topic } })
  expect(page?.events ?? null).toEqual(upTo === undefined ? null : ours.slice(from.seq, upTo))
  const none = { replica: 0, refused: 0, primary: 0 }
  expect(counts.replica_reads_total).toEqual(answer === 'not asked' ? none : { ...none, [answer]: 1 })
  expect(asked).toBe(answer === 'not asked' ? 0 : 1)
})
