import { GraphQLObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../../src/api/schema.ts'

/** The parameters of a function, without what it takes out of them. */
function parametersOf(resolve: (...given: never[]) => unknown): string {
  let text = resolve.toString()
  for (let before = ''; before !== text; ) {
    before = text
    text = text.replace(/\{[^{}]*\}/g, '')
  }
  return text.slice(0, text.search(/=>|\)/))
}

const withDefault = (a: unknown, b = 5) => [a, b]

test.for([
  [(a: unknown, { b }: { b?: unknown }) => [a, b], '(a, '],
  [(a: unknown, ...rest: unknown[]) => [a, rest], '(a, ...rest'],
  [withDefault, '(a, b = 5'],
] as const)('the parameters of %s are %s', ([resolve, parameters]) => {
  expect(parametersOf(resolve)).toBe(parameters)
})

// the executor gives `info` only to those that declare none of their parameters, or four
test('no resolver with one to three parameters can read a fourth', () => {
  const objects = Object.values(schema.getTypeMap()).filter((type) => type instanceof GraphQLObjectType)
  const fields = objects.flatMap((type) =>
    type.name.startsWith('__') ? [] : Object.values(type.getFields()).map((field) => ({ type, field })),
  )
  const few = fields.filter(({ field: { resolve } }) => resolve && resolve.length > 0 && resolve.length <= 3)
  expect(few.length).toBeGreaterThan(100)
  const reading = few.filter(({ field: { resolve } }) => {
    if (!resolve) return false
    return /\.\.\.|=/.test(parametersOf(resolve)) || /\barguments\b/.test(resolve.toString())
  })
  expect(reading.map(({ type, field }) => `${type.name}.${field.name}`)).toEqual([])
})
