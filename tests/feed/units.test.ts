import { randomUUID } from 'node:crypto'
import { parse } from 'uuid'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { chainOfNothing } from '../../src/feed/chain.ts'
import { decodeCursor, encodeCursor } from '../../src/feed/cursor.ts'
import type { Page, PageRequest } from '../../src/feed/events.ts'
import { createGroup } from '../../src/feed/hub/group.ts'
import { createHubTopic } from '../../src/feed/hub/hub-topic.ts'
import { createReader } from '../../src/feed/hub/reader.ts'
import { packRings, unpackRings } from '../../src/feed/notify/payload.ts'
import type { StreamItem } from '../../src/feed/streams/stream-item.ts'
import { createStreamItemQueue } from '../../src/feed/streams/stream-item-queue.ts'

describe('a cursor', () => {
  const topicId = randomUUID()

  test('comes back as it went, up to the largest numbers, in 42 characters', () => {
    for (const [seq, chain] of [
      [0, chainOfNothing],
      [1, '0123456789abcdef'],
      [281_474_976_710_655, 'ffffffffffffffff'],
    ] as const) {
      const text = encodeCursor({ topicId, seq, chain })
      expect(text).toMatch(/^[\w-]{42}$/)
      expect(decodeCursor(text)).toEqual({ topicId, seq, chain })
    }
  })

  test('refuses a number that it cannot hold', () => {
    expect(() => encodeCursor({ topicId, seq: 281_474_976_710_656, chain: chainOfNothing })).toThrow(RangeError)
  })

  test('of the first version is read, and proves nothing', () => {
    const bytes = Buffer.alloc(27, 7)
    bytes.writeUInt8(1, 0)
    bytes.set(parse(topicId), 1)
    bytes.writeUIntBE(41, 21, 6)
    expect(decodeCursor(bytes.toString('base64url'))).toEqual({ topicId, seq: 41, chain: null })
  })

  test('is nothing when the text is nonsense, cut, longer, or of another version', () => {
    const text = encodeCursor({ topicId, seq: 2, chain: '0123456789abcdef' })
    const other = Buffer.from(text, 'base64url')
    other.writeUInt8(3, 0)
    const nonsense = ['', 'x', text.slice(1), `${text}A`, ` ${text}`, text.replace(/.$/, '='), '\u0000'.repeat(42)]
    // the last character has four bits without a meaning
    const alias = text.replace(/.$/, (last) => (last === 'B' ? 'C' : 'B'))
    for (const wrong of [...nonsense, alias, 'A'.repeat(42), '_'.repeat(42), other.toString('base64url')]) {
      expect(decodeCursor(wrong), wrong).toBeNull()
    }
  })
})

describe('a payload of rings', () => {
  const rings = Array.from({ length: 1_000 }, (_, index) => ({ topicId: randomUUID(), head: index * 1_000_003 }))

  test('is split below the bound of NOTIFY, and says the same', () => {
    const payloads = packRings(rings)
    expect(payloads.length).toBeGreaterThan(1)
    for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(7_900)
    expect(payloads.flatMap(unpackRings)).toEqual(rings)
  })

  test('is as full as it can be', () => {
    const [first = '', second = ''] = packRings(rings)
    expect(first.length + 1 + (second.split(',')[0]?.length ?? 0)).toBeGreaterThan(7_900)
  })

  test('is nothing at all for no rings', () => {
    expect(packRings([])).toEqual([])
    expect(unpackRings('')).toEqual([])
  })

  test('is read past what is not understood', () => {
    const [ring] = rings.slice(1)
    if (!ring) throw new Error('there are rings')
    const payload = ['nonsense', `${ring.topicId}`, ...packRings([ring]), `${ring.topicId}-7`, 'echo me'].join(',')
    expect(unpackRings(payload)).toEqual([ring])
  })
})

describe('the reader', () => {
  const page = (head: number): Page => ({ head, floor: 0, chain: chainOfNothing, events: [] })

  /** A feed whose statements are answered one by one by the test. */
  function createFeed() {
    const asked: { requests: readonly PageRequest[]; pages: PromiseWithResolvers<ReadonlyMap<string, Page>> }[] = []
    const readAfter = (requests: readonly PageRequest[]) => {
      const pages = Promise.withResolvers<ReadonlyMap<string, Page>>()
      asked.push({ requests, pages })
      return pages.promise
    }
    /** Answers the statement at that place: each topic's head is its `after` and one more. */
    const answer = (index: number) => {
      const pages = (asked[index]?.requests ?? []).map(({ topicId, after }) => [topicId, page(after + 1)] as const)
      asked[index]?.pages.resolve(new Map(pages.filter(([topicId]) => topicId !== 'missing')))
    }
    return { asked, readAfter, answer, requests: () => asked.map(({ requests }) => requests) }
  }

  test('asks for what comes in one tick, and then for what came meanwhile, in one statement each', async () => {
    const { readAfter, answer, requests } = createFeed()
    const read = createReader(readAfter, 10)
    const first = [read({ topicId: 'a', after: 1 }), read({ topicId: 'b', after: 2 })]
    await Promise.resolve()
    const second = [read({ topicId: 'c', after: 3 }), read({ topicId: 'missing', after: 0 })]
    answer(0)
    expect(await Promise.all(first)).toEqual([page(2), page(3)])
    answer(1)
    expect(await Promise.all(second)).toEqual([page(4), null])
    expect(requests()).toEqual([
      [
        { topicId: 'a', after: 1 },
        { topicId: 'b', after: 2 },
      ],
      [
        { topicId: 'c', after: 3 },
        { topicId: 'missing', after: 0 },
      ],
    ])
  })

  test('reads two places of one topic one after the other, and the same place once', async () => {
    const { readAfter, answer, requests } = createFeed()
    const read = createReader(readAfter, 10)
    const pages = [1, 5, 1, 5].map((after) => read({ topicId: 'a', after }))
    await Promise.resolve()
    answer(0)
    expect(await Promise.all([pages[0], pages[2]])).toEqual([page(2), page(2)])
    answer(1)
    expect(await Promise.all([pages[1], pages[3]])).toEqual([page(6), page(6)])
    expect(requests()).toEqual([[{ topicId: 'a', after: 1 }], [{ topicId: 'a', after: 5 }]])
  })

  test('asks anew for a place that is already on its way, because the answer may be older', async () => {
    const { readAfter, answer, requests } = createFeed()
    const read = createReader(readAfter, 10)
    const first = read({ topicId: 'a', after: 1 })
    await Promise.resolve()
    const second = read({ topicId: 'a', after: 1 })
    answer(0)
    await first
    answer(1)
    await second
    expect(requests()).toHaveLength(2)
  })

  test('asks for no more topics at once than it may', async () => {
    const { readAfter, answer, requests } = createFeed()
    const read = createReader(readAfter, 2)
    const pages = ['a', 'b', 'c'].map((topicId) => read({ topicId, after: 0 }))
    await Promise.resolve()
    answer(0)
    await pages[1]
    answer(1)
    await pages[2]
    expect(requests().map((batch) => batch.length)).toEqual([2, 1])
  })

  test('goes on after a statement that failed', async () => {
    const { asked, readAfter, answer } = createFeed()
    const read = createReader(readAfter, 10)
    const failed = [read({ topicId: 'a', after: 0 }), read({ topicId: 'b', after: 0 })]
    await Promise.resolve()
    const next = read({ topicId: 'a', after: 0 })
    asked[0]?.pages.reject(new Error('the database is away'))
    for (const one of failed) await expect(one).rejects.toThrow('the database is away')
    answer(1)
    expect(await next).toEqual(page(1))
  })
})

describe('a group', () => {
  const event = (seq: number): StreamItem => {
    return { kind: 'MESSAGE_SENT', topicId: 'a', seq, chain: `${seq}`, at: new Date(0), actorId: null, subject: 'b' }
  }

  test('shares an execution among those who ask for the same events at the same time, and for no others', async () => {
    const executed: number[][] = []
    const group = createGroup(createHubTopic('topic'), {
      key: 'key',
      async render(signals) {
        executed.push(signals.map(({ seq }) => seq))
        return signals.map(({ seq }) => ({ frame: seq, askedViewer: false, shownUserIds: new Set<string>() }))
      },
    })
    const ada = { viewerId: 'ada', hiddenActorIds: new Set<string>(), hides: new Set<string>() }
    const asked = [[1], [1, 2], [2], [1, 2]].map((seqs) => group.renderFor(ada, seqs.map(event)))
    expect(await Promise.all(asked)).toEqual([[1], [1, 2], [2], [1, 2]])
    expect(executed).toEqual([[1], [1, 2], [2]])
    await group.renderFor(ada, [event(1)])
    expect(executed).toHaveLength(4)
  })
})

describe('the queue of an iterator', () => {
  const signal = (seq: number): StreamItem => ({
    ...{ kind: 'HIDDEN', topicId: 'a', seq, chain: `${seq}`, at: new Date(0), reason: null },
  })

  function createQueue() {
    const queue = { ends: 0, ...createStreamItemQueue(() => queue.ends++) }
    return queue
  }

  test('gives signals in order, those that wait and those that are waited for', async () => {
    const { sink, iterator } = createQueue()
    sink.deliver([signal(1), signal(2)])
    expect((await iterator.next()).value).toEqual(signal(1))
    expect((await iterator.next()).value).toEqual(signal(2))
    const next = iterator.next()
    sink.deliver([signal(3), signal(4)])
    expect(await next).toEqual({ done: false, value: signal(3) })
    expect((await iterator.next()).value).toEqual(signal(4))
  })

  test('answers return() while next() waits, and both say that it is over', async () => {
    const queue = createQueue()
    const next = queue.iterator.next()
    expect(await queue.iterator.return?.()).toEqual({ done: true, value: undefined })
    expect(await next).toEqual({ done: true, value: undefined })
    expect(queue.ends).toBe(1)
    queue.sink.deliver([signal(1)])
    expect(await queue.iterator.next()).toEqual({ done: true, value: undefined })
  })

  test('pushes back with what waits, and tells all who ask when it is empty', async () => {
    const { sink, iterator } = createQueue()
    expect(sink.bufferedBytes()).toBe(0)
    await sink.drained()
    sink.deliver([signal(1), signal(2)])
    const held = sink.bufferedBytes()
    expect(held).toBeGreaterThan(0)
    let drained = 0
    const both = [sink.drained(), sink.drained()].map((promise) => promise.then(() => drained++))
    await iterator.next()
    expect(sink.bufferedBytes()).toBe(held / 2)
    expect(drained).toBe(0)
    await iterator.next()
    await Promise.all(both)
    expect(sink.bufferedBytes()).toBe(0)
  })

  test('still gives what came before an end without an error', async () => {
    const queue = createQueue()
    queue.sink.deliver([signal(1)])
    queue.sink.finish(null)
    queue.sink.deliver([signal(2)])
    expect((await queue.iterator.next()).value).toEqual(signal(1))
    expect((await queue.iterator.next()).done).toBe(true)
    expect(queue.ends).toBe(1)
  })

  test('gives an error before all that waits, once', async () => {
    const queue = createQueue()
    queue.sink.deliver([signal(1), signal(2)])
    queue.sink.finish(new AppError('SESSION_EXPIRED', 'The session has ended.'))
    queue.sink.finish(new AppError('RESYNC_REQUIRED', 'Too late.'))
    expect((await queue.iterator.next()).value).toMatchObject({ code: 'SESSION_EXPIRED' })
    expect((await queue.iterator.next()).done).toBe(true)
    expect(queue.ends).toBe(1)
  })

  test('says that it was given up when it was not read, and wakes who waits for room', async () => {
    const queue = createQueue()
    queue.sink.deliver([signal(1)])
    const drained = queue.sink.drained()
    queue.sink.abandon()
    expect((await queue.iterator.next()).value).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    await drained
    expect((await queue.iterator.next()).done).toBe(true)
  })
})
