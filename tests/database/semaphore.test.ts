import { expect } from 'vitest'
import { createSemaphore } from '../../src/concurrency/semaphore.ts'
import { attempt, enter, freshName, newUser, password } from '../support/accounts.ts'
import { codeOf, test } from '../support/rates.ts'

test('200 sign-ins at once leave the server able to answer, and memory bounded', async ({ start }) => {
  // on a machine that is busy with other things nothing is to be too late
  const one = await start({ edge: { operationMs: 60_000 } })
  const username = freshName()
  await newUser(one, { username })
  const before = process.memoryUsage().rss
  let slowest = 0
  const startedAt = performance.now()
  const looks: Promise<void>[] = []
  const look = async () => {
    const began = performance.now()
    await (await fetch(`${one.url}/readyz`)).text()
    slowest = Math.max(slowest, performance.now() - began)
  }
  const watching = setInterval(() => looks.push(look()), 50)
  const answers = await Promise.all(Array.from({ length: 200 }, () => attempt(one, 'signIn', { username, password })))
  clearInterval(watching)
  const allMs = performance.now() - startedAt
  await Promise.all(looks)
  const codes = answers.map(codeOf)
  const refused = answers.filter((answer) => codeOf(answer) === 'SERVICE_UNAVAILABLE')
  // on a slow machine they come so far apart that none has to be refused
  expect(codes.filter((code) => code !== 'none' && code !== 'SERVICE_UNAVAILABLE')).toEqual([])
  expect(codes.filter((code) => code === 'none').length).toBeGreaterThan(20)
  for (const { errors } of refused) expect(errors?.[0]?.extensions.retryAfterMs).toBeGreaterThan(0)
  // 200 at once would take 3.8 GB
  expect(process.memoryUsage().rss - before).toBeLessThan(1_000_000_000)
  expect(slowest).toBeGreaterThan(0)
  // a server that hashes before all else answers at the end
  expect(slowest).toBeLessThan(Math.max(2_000, allMs / 2))
  await enter(one, 'signIn', { username, password })
})

test('turns are taken in order, so many at once, and the one too many is refused', async () => {
  const takeTurn = createSemaphore({ atOnce: 2, waitingMax: 3 })
  const log: number[] = []
  let running = 0
  let most = 0
  const work = async (name: number) => {
    running += 1
    most = Math.max(most, running)
    await new Promise(setImmediate)
    running -= 1
    log.push(name)
    if (name === 1) throw new Error('it failed')
  }
  const results = await Promise.allSettled([0, 1, 2, 3, 4, 5].map((name) => takeTurn(() => work(name))))
  expect(log).toEqual([0, 1, 2, 3, 4])
  expect(most).toBe(2)
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    ...Array(3).fill('fulfilled'),
    'rejected',
  ])
  expect(results[5]).toMatchObject({ reason: { code: 'SERVICE_UNAVAILABLE' } })
  await takeTurn(() => work(6))
})
