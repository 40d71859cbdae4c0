import { expect } from 'vitest'
import { operationLimits } from '../../src/config/http.ts'
import { createAnswerTurns } from '../../src/http/answers.ts'
import { createTurns } from '../../src/http/turns.ts'
import { guest, makeRoom, post, send } from '../support/client.ts'
import { heaviestAllowed } from '../support/heavy-documents.ts'
import { test } from '../support/server.ts'
import { codesOf } from '../support/transports.ts'

test('a caller with few turns does not wait for all those of another', async () => {
  const turns = createTurns()
  const order: string[] = []
  const take = async (key: string) => {
    await turns.take(key)
    order.push(key)
  }
  await Promise.all([...Array.from({ length: 30 }, () => take('many')), take('few'), take('few')])
  expect(order.lastIndexOf('few')).toBeLessThan(5)
  expect(order).toHaveLength(32)
  expect(turns.countOf('many')).toBe(0)
})

test('turns take at most a third of the time', async () => {
  const turns = createTurns()
  let heldMs = 0
  const work = async () => {
    await turns.take('one')
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
  const waitToWrite = createAnswerTurns(createTurns())
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
