import { isDeepStrictEqual } from 'node:util'
import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { randomOf } from '../../chaos/random.ts'
import { givenSeed } from '../support/world.ts'
import { type Case, compare, schema } from './comparison.ts'
import { createDocument, createVariables } from './random-documents.ts'
import { createValues } from './random-values.ts'

const ms = 3_000
const operationsMin = 50

function createCase(seed: number): Case {
  const random = randomOf(seed, 'document')
  const document = createDocument(random)
  const [operation] = parse(document).definitions
  const type = operation && 'operation' in operation && schema.getRootType(operation.operation)
  if (!type) throw new Error('an operation is the first definition')
  const variables = Array.from({ length: 3 }, () => createVariables(random))
  return { document, variables, root: () => createValues(seed).rootOf(type) }
}

test('random operations with random failures are executed as by graphql', async () => {
  const begun = givenSeed ?? Math.floor(Math.random() * 1_000_000_000)
  const end = performance.now() + ms
  let count = 0
  let errors = 0
  for (let seed = begun; performance.now() < end; seed++) {
    const one = createCase(seed)
    const play = `Play it again: CHAOS_SEED=${seed} npx vitest run tests/graphql/random-operations.test.ts\n${one.document}`
    const { expected, first, again } = await compare(one).catch((cause: unknown) => {
      throw new Error(play, { cause })
    })
    // to compare is much faster than to expect
    if (!isDeepStrictEqual(first, expected)) expect(first, play).toEqual(expected)
    if (!isDeepStrictEqual(again, expected)) expect(again, play).toEqual(expected)
    count++
    errors += expected.filter((result) => (result as { errors?: unknown }).errors).length
  }
  // they do fail, and not all of them
  expect(count).toBeGreaterThan(operationsMin)
  expect(errors).toBeGreaterThan(count)
  expect(errors).toBeLessThan(3 * count)
})
