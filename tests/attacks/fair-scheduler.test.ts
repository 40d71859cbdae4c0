import { parse as parseText } from 'graphql'
import { describe, expect } from 'vitest'
import { heavyPlaces, operationLimits } from '../../src/config/http.ts'
import { AppError } from '../../src/errors.ts'
import { createAnswerTurns } from '../../src/http/answers.ts'
import { createDocumentCache } from '../../src/http/document-cache.ts'
import { createFairScheduler } from '../../src/http/fair-scheduler.ts'
import { createOperationCounter } from '../../src/http/operation-counter.ts'
import { createParseQueue } from '../../src/http/parse-queue.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { guest, makeRoom, post, send } from '../support/client.ts'
import { connect, countWaiting } from '../support/database.ts'
import { heaviestAllowed } from '../support/heavy-documents.ts'
import { test } from '../support/server.ts'
import { codesOf } from '../support/transports.ts'

test('a caller with few turns does not wait for all those of another', async () => {
  const takeTurn = createFairScheduler()
  const order: string[] = []
  const take = async (key: string) => {
    await takeTurn(key)
    order.push(key)
  }
  await Promise.all([...Array.from({ length: 30 }, () => take('many')), take('few'), take('few')])
  expect(order.lastIndexOf('few')).toBeLessThan(5)
  expect(order).toHaveLength(32)
})

test('turns take at most a third of the time', async () => {
  const takeTurn = createFairScheduler()
  let heldMs = 0
  const work = async () => {
    await takeTurn('one')
    const began = performance.now()
    while (performance.now() - began < 5);
    heldMs += performance.now() - began
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: 30 }, work))
  expect(heldMs / (performance.now() - began)).toBeLessThan(0.4)
})

test('only so many bytes of large responses wait, of a caller and of all', async () => {
  const { answerBytesWaitingMax, callerAnswerBytesWaitingMax } = operationLimits
  const waitToWrite = createAnswerTurns(createFairScheduler())
  const all = Array.from({ length: answerBytesWaitingMax / callerAnswerBytesWaitingMax }, (_, index) => {
    const turn = waitToWrite(`caller ${index}`, callerAnswerBytesWaitingMax)
    expect(turn).not.toBeNull()
    if (index === 0) expect(waitToWrite('caller 0', 1)).toBeNull()
    return Promise.resolve(turn)
  })
  expect(waitToWrite('somebody else', 1)).toBeNull()
  await Promise.all(all)
  const next = waitToWrite('caller 0', callerAnswerBytesWaitingMax)
  expect(next).not.toBeNull()
  await next
})

describe('documents that wait to be parsed', () => {
  const { textsWaitingMax, textOperationsWaitingMax } = operationLimits
  const counter = createOperationCounter({
    operationsPerMinuteMax: Number.POSITIVE_INFINITY,
    addressOperationsPerMinuteMax: Number.POSITIVE_INFINITY,
    metrics: createMetrics(),
  })
  const from = (address: string) => ({ viewer: null, address })
  const codeOf = (wait: Promise<void>) =>
    wait.then(
      () => null,
      (error: unknown) => (error instanceof AppError ? error.code : error),
    )

  test.for([
    ['different ones', textsWaitingMax, (index: number) => `{ a${index} }`],
    ['operations with the same one', textOperationsWaitingMax, () => '{ a }'],
  ] as const)('are bounded for each caller: %s', async ([, most, textOf]) => {
    const wait = createParseQueue(createDocumentCache(), counter, createFairScheduler())
    const waits = Array.from({ length: most }, (_, index) => codeOf(wait(textOf(index), from('10.0.0.1'))))
    expect(await codeOf(wait(textOf(most), from('10.0.0.1')))).toBe('RATE_LIMITED')
    expect(await codeOf(wait(textOf(0), from('10.0.0.2')))).toBeNull()
    expect(await Promise.all(waits)).toEqual(Array(most).fill(null))
    expect(await codeOf(wait(textOf(0), from('10.0.0.1')))).toBeNull()
  })

  test('take one turn where they are the same, once they are in the cache', async () => {
    const documents = createDocumentCache()
    let turns = 0
    const takeTurn = createFairScheduler()
    const wait = createParseQueue(documents, counter, (key) => {
      turns += 1
      return takeTurn(key)
    })
    const parse = async () => {
      await wait('{ a }', from('10.0.0.1'))
      if (!documents.has('{ a }')) documents.set('{ a }', parseText('{ a }'))
    }
    await Promise.all(Array.from({ length: textOperationsWaitingMax }, parse))
    expect(turns).toBe(1)
  })
})

test('executions that may become large share slots, and only so many of a user wait', async ({ one, databaseUrl }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  await send(ada, roomId, 'hello')
  const query = `{ node(id: "${roomId}") { ... on Room { messages(last: 100) { nodes { body } } } } }`
  const holder = await connect(databaseUrl)
  await holder.query('begin')
  await holder.query('lock table messages')
  const { atOnceMax, waitingMax } = heavyPlaces.user
  const codes: unknown[] = []
  const asked = Array.from({ length: atOnceMax + waitingMax + 1 }, async () =>
    codes.push(codesOf(await ada.attempt(query))[0] ?? 'done'),
  )
  await expect.poll(() => codes).toEqual(['RATE_LIMITED'])
  await expect.poll(() => countWaiting(one.database.pool)).toBe(atOnceMax)
  await holder.query('rollback')
  await Promise.all(asked)
  expect(codes.slice(1)).toEqual(Array(atOnceMax + waitingMax).fill('done'))
})

const attackMs = 15_000

test('new documents of an anonymous address, as many as it may send, hold no send up', async ({ start }) => {
  const server = await start({ edge: { addressOperationsPerMinuteMax: 6_000 } })
  const ada = await guest(server)
  const roomId = await makeRoom(ada)
  const { query } = heaviestAllowed.comparisonsMax?.(roomId) ?? { query: '' }
  let count = 0
  let refusals = 0
  const startedAt = performance.now()
  // on a slow machine it is given back as fast as it can be used
  const sendUntilRefused = async () => {
    while (performance.now() - startedAt < attackMs) {
      const codes = codesOf(await post(server, { query: `${query} #${count++}` }))
      if (!codes.includes('RATE_LIMITED')) continue
      refusals += 1
      return
    }
  }
  const attackers = Array.from({ length: operationLimits.textsWaitingMax }, sendUntilRefused)
  let isOver = false
  const over = Promise.all(attackers).finally(() => {
    isOver = true
  })
  const took: number[] = []
  while (!isOver) {
    const began = performance.now()
    await send(ada, roomId, `${took.length}`)
    took.push(performance.now() - began)
  }
  await over
  // each counts as 10: one, 2 for its tokens, 7 for what is compared
  if (refusals > 0) expect(count).toBeGreaterThan(300)
  expect(count).toBeLessThan((6_000 + (performance.now() - startedAt) / 10) / 9)
  const inOrder = took.toSorted((a, b) => a - b)
  expect(inOrder[Math.floor(inOrder.length * 0.9)]).toBeLessThan(500)
})
