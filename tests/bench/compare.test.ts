import { describe, expect, test } from 'vitest'
import { compareRuns, type Run } from '../../bench/compare.ts'
import { busyWith } from '../../bench/machine.ts'

const run = (values: readonly number[], busy: string | null = null): Run => ({
  results: [
    {
      ...{ scenario: 'sends', title: 'Sends', targets: [], notes: [], busy },
      figures: [{ key: 'cpu', title: 'CPU', unit: 'µs' }],
      entries: [{ case: 'one room', contestant: 'Kabar', rounds: values.map((cpu) => ({ cpu })) }],
    },
  ],
})

describe('two runs are compared', () => {
  test.for([
    ['more than they vary', run([100, 101, 99]), run([120, 121, 119]), '100 → 120 µs (+20.0 %)'],
    ['less', run([100, 101, 99]), run([80, 81, 79]), '100 → 80.0 µs (-20.0 %)'],
    ['within what they vary', run([80, 100, 120]), run([85, 105, 130]), 'Nothing moved.'],
    ['by less than counts', run([100, 100, 100]), run([101, 101, 101]), 'Nothing moved.'],
    ['on a busy machine', run([100, 101, 99], 'much'), run([120, 121, 119]), 'not compared, because much'],
  ] as const)('%s', ([, before, after, said]) => {
    expect(compareRuns([before, after])).toContain(said)
  })

  test('one run alone is refused', () => {
    expect(() => compareRuns([run([1])])).toThrow('two runs')
  })
})

test.for([
  [{ used: 0.5, stolen: 0 }, 'other processes use 50 %'],
  [{ used: 0.05, stolen: 0.2 }, 'the host takes 20 %'],
  [{ used: 0.05, stolen: 0 }, null],
  [{ used: null, stolen: null }, null],
] as const)('a machine with %o is busy: %s', ([load, said]) => {
  const reason = busyWith({ perCore: 1, ...load })
  if (said === null) expect(reason).toBeNull()
  else expect(reason).toContain(said)
})
