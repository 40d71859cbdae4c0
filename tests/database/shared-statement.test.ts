import { expect, test } from 'vitest'
import { createSharedStatement } from '../../src/concurrency/shared-statement.ts'

/** A reader of numbers that answers when the test says so. */
function createSlowReader(keysMax: number) {
  const underway: { keys: readonly number[]; answer: PromiseWithResolvers<void> }[] = []
  const read = createSharedStatement(
    async (keys: readonly number[]) => {
      const answer = Promise.withResolvers<void>()
      underway.push({ keys, answer })
      await answer.promise
      return keys.map((key) => key * 10)
    },
    { keysMax, underwayMax: 1 },
  )
  return { read, underway }
}

const turn = () => new Promise(setImmediate)

test('what is asked while a statement is underway goes into the next, up to a bound', async () => {
  const { read, underway } = createSlowReader(3)
  const first = read(1)
  await turn()
  const others = [2, 3, 4, 5].map((key) => read(key))
  await turn()
  expect(underway.map(({ keys }) => keys)).toEqual([[1]])
  underway[0]?.answer.resolve()
  expect(await first).toBe(10)
  underway[1]?.answer.resolve()
  expect(await others[0]).toBe(20)
  await turn()
  underway[2]?.answer.resolve()
  expect(await Promise.all(others)).toEqual([20, 30, 40, 50])
  expect(underway.map(({ keys }) => keys)).toEqual([[1], [2, 3, 4], [5]])
})

test('what is asked in one turn takes no more statements at a time than there may be', async () => {
  const { read, underway } = createSlowReader(2)
  const all = Promise.all([1, 2, 3, 4, 5].map((key) => read(key)))
  for (const keys of [[1, 2], [3, 4], [5]]) {
    await turn()
    expect(underway.at(-1)?.keys).toEqual(keys)
    underway.at(-1)?.answer.resolve()
  }
  expect(await all).toEqual([10, 20, 30, 40, 50])
})

test('a statement that fails is the fault of those alone who asked it, and the next one runs', async () => {
  const { read, underway } = createSlowReader(3)
  const failing = read(1)
  await turn()
  const next = read(2)
  underway[0]?.answer.reject(new Error('the database is away'))
  await expect(failing).rejects.toThrow('away')
  await turn()
  underway[1]?.answer.resolve()
  expect(await next).toBe(20)
})
