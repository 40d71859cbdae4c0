import { globSync, readFileSync } from 'node:fs'
import type { GraphQLField } from 'graphql'
import { describe, expect, test } from 'vitest'
import { schema } from '../../src/api/schema.ts'
import { errorCodes } from '../../src/errors.ts'
import { codeOf, failuresOf } from '../../src/graphql/error-codes.ts'

/** The codes of `@throws` in the docstring of each function of a service, by its name. */
const thrown = new Map(
  globSync('src/**/service.ts').flatMap((path) =>
    [
      ...readFileSync(path, 'utf8').matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport (?:async )?function (\w+)/g),
    ].flatMap(([, text = '', name = '']): [string, string[]][] => {
      const [, throws] = /@throws AppError([^@]*)/.exec(text) ?? []
      return throws === undefined ? [] : [[name, Object.keys(errorCodes).filter((code) => throws.includes(code))]]
    }),
  ),
)

/** Every operation of somebody who is not signed in fails alike. */
const ofAll = ['UNAUTHENTICATED', 'SESSION_EXPIRED']

const codesOf = (codes: readonly string[]) => codes.filter((code) => !ofAll.includes(code)).toSorted()

const mutations = Object.values(schema.getMutationType()?.getFields() ?? {})
const pairs = mutations.flatMap((field): [string, GraphQLField<unknown, unknown>, readonly string[]][] => {
  const throws = thrown.get(field.name)
  return throws ? [[field.name, field, throws]] : []
})

describe('a mutation declares the codes that its service function throws', () => {
  test('where both say which', () => {
    expect(pairs.length).toBeGreaterThan(40)
  })

  test.for(pairs)('%s', ([, field, throws]) => {
    expect(codesOf(failuresOf(field).map(codeOf))).toEqual(codesOf(throws))
  })
})

test('every mutation declares its codes, and its description ends with them', () => {
  for (const field of mutations) {
    const codes = failuresOf(field).map(codeOf)
    expect(codes, field.name).not.toEqual([])
    expect(new Set(codes).size, field.name).toBe(codes.length)
    expect(field.description, field.name).toMatch(/ Errors: [\s\S]*\.$/)
  }
})
