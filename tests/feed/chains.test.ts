import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createAppender } from '../../src/feed/appender.ts'
import { chainOfNothing, findBreak, link } from '../../src/feed/chain.ts'
import type { FeedEvent, NewEvent } from '../../src/feed/events.ts'
import { newTopic, type TopicState } from '../../src/feed/topics.ts'
import { createRandom } from '../simulation/virtual-time.ts'

const at = new Date('2026-11-29T12:00:00.000Z')
const [topicId, subject] = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002']
const first = { topicId, seq: 1, kind: 'MESSAGE_SENT', subject, at } as const

/** Appends events to topics in some transactions, one after the other. */
function append(topicIds: readonly string[], transactions: readonly (readonly NewEvent[])[]): FeedEvent[] {
  let topics: ReadonlyMap<string, TopicState> = new Map(topicIds.map((id) => [id, newTopic(id)]))
  return transactions.flatMap((events) => {
    const appender = createAppender({ topics, at })
    for (const event of events) appender.append(event)
    const placed = appender.placed()
    topics = new Map([...topics, ...placed.topics.map((state) => [state.topicId, state] as const)])
    return placed.events
  })
}

const byTopic = (events: readonly FeedEvent[]) => Map.groupBy(events, (event) => event.topicId)

describe('a chain', () => {
  test('is the same in every release, since clients hold it in their cursors', () => {
    expect(link(chainOfNothing, first)).toBe('c98e036f8a3b2042')
  })

  test('differs with the chain before it and with everything that clients see of an event', () => {
    const chains = [
      link(chainOfNothing, first),
      link('0000000000000001', first),
      link(chainOfNothing, { ...first, topicId: subject }),
      link(chainOfNothing, { ...first, seq: 2 }),
      link(chainOfNothing, { ...first, kind: 'MESSAGE_EDITED' }),
      link(chainOfNothing, { ...first, subject: topicId }),
      link(chainOfNothing, { ...first, at: new Date(at.getTime() + 1) }),
    ]
    expect(new Set(chains).size).toBe(chains.length)
  })

  test('does not tell who did it', () => {
    const [ada, bob] = [randomUUID(), randomUUID()].map(
      (actorId) => append([topicId], [[{ topicId, kind: 'MEMBER_BANNED', actorId, subject }]])[0]?.chain,
    )
    expect(ada).toBe(bob)
  })
})

describe('events of a transaction', () => {
  test('have the same numbers and chains however they are split into transactions, in each topic', () => {
    const random = createRandom(1)
    const topicIds = [randomUUID(), randomUUID(), randomUUID()]
    const events = Array.from(
      { length: 200 },
      (): NewEvent => ({
        ...{ topicId: random.pick(topicIds), kind: random.pick(['MESSAGE_SENT', 'MESSAGE_EDITED'] as const) },
        ...{ actorId: randomUUID(), subject: randomUUID() },
      }),
    )
    const whole = append(topicIds, [events])
    for (let round = 0; round < 20; round++) {
      const transactions: NewEvent[][] = [[]]
      for (const event of events) {
        if (random.chance(0.3)) transactions.push([])
        transactions.at(-1)?.push(event)
      }
      expect(append(topicIds, transactions)).toEqual(whole)
    }
    // each topic by itself
    for (const [id, own] of byTopic(whole)) {
      expect(append([id], [events.filter((event) => event.topicId === id)])).toEqual(own)
      expect(findBreak({ seq: 0, chain: chainOfNothing }, own)).toBeNull()
    }
  })

  test('have other chains in another order', () => {
    const events = [randomUUID(), randomUUID()].map((id) => ({
      ...({ topicId, kind: 'MESSAGE_SENT', actorId: null, subject: id } as const),
    }))
    expect(append([topicId], [events]).at(-1)?.chain).not.toBe(append([topicId], [events.toReversed()]).at(-1)?.chain)
  })

  test('are refused where their topic is neither locked nor made by the transaction', () => {
    const appender = createAppender({ topics: new Map(), at })
    const event = { topicId, kind: 'MESSAGE_SENT', actorId: null, subject } as const
    expect(() => appender.append(event)).toThrow('is locked')
    appender.open(topicId)
    expect(appender.append(event)).toMatchObject({ seq: 1, lastNumber: 1, chain: link(chainOfNothing, first) })
    expect(() => createAppender({ topics: new Map([[topicId, newTopic(topicId)]]), at: null }).append(event)).toThrow()
  })
})

describe('the first break', () => {
  const events = append(
    [topicId],
    [Array.from({ length: 4 }, () => ({ ...first, actorId: null, subject: randomUUID() }))],
  )
  const [one, two, three, four] = events
  if (!one || !two || !three || !four) throw new Error('there are four events')
  const start = { seq: 0, chain: chainOfNothing }

  test.for([
    ['nowhere', start, events, null],
    ['nowhere in no events', start, [], null],
    ['at a missing event', start, [one, three], 3],
    ['at a missing start', start, [two, three], 2],
    ['at an event that comes twice', start, [one, one], 1],
    ['at a change of its time', start, [one, { ...two, at: new Date(0) }, three], 2],
    ['at a change of its chain', start, [one, { ...two, chain: chainOfNothing }, three], 2],
    ['after another start', { seq: 0, chain: 'ffffffffffffffff' }, events, 1],
    ['nowhere from the middle', two, [three, four], null],
  ] as const)('is %s', ([, from, given, seq]) => {
    expect(findBreak(from, given)?.seq ?? null).toBe(seq)
  })
})
