// Our executor gives what that of graphql gives.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSchema, execute, parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { operationLimits } from '../../../src/config/http.ts'
import { takeApart } from '../../../src/graphql/execution/document.ts'
import { createExecutor } from '../../../src/graphql/execution/executor.ts'
import { type Compared, compare } from './compare.ts'

const operations: Readonly<Record<string, Compared>> = {
  'fields and aliases': { source: '{ name other: name text self { sure { name text } } }' },
  'the same field more than once': { source: '{ self { name } self { text sure { name } } self { sure { text } } }' },
  'names of properties of every object': {
    source: '{ constructor: name toString: text hasOwnProperty: self { valueOf: name } then: name }',
  },
  'the name of the prototype': { source: '{ __proto__: name self { __proto__: self { name } } }' },
  'names of types': { source: '{ __typename self { t: __typename any { __typename } } }' },
  introspection: { source: '{ __schema { types { name } } self { name } __type(name: "Thing") { kind } }' },
  'inline fragments': { source: '{ ... { name } ... on Query { text } self { ... on Thing { name } ... { text } } }' },
  'named fragments': {
    source: `{ self { ...A sure { ...A ...B } } } fragment A on Thing { name ...B } fragment B on Thing { text ...C }
      fragment C on Named { named: name }`,
  },
  'fragments on types that do not fit': {
    source: `{ any { ... on Thing { text } ... on Other { only } ... on Picky { count } ... on Named { name } } }`,
  },
  'fragments on an interface that not all of a union have': {
    source: `{ ${Array.from({ length: 9 }, (_, at) => `a${at}: any { ... on Named { is: __typename } }`).join(' ')} }`,
  },
  'lists of interfaces': { source: '{ named { name __typename ... on Other { only } self { list { name } } } }' },
  'lists of lists': { source: '{ list { table sureList { table } } }' },
  'a property that is a function': { source: '{ self { method twice: method(times: 2) once: method(times: 1) } }' },
  'arguments that are given': {
    source: `{ echo(text: "a", list: [1, 2], point: { x: 1, tags: ["b"] }, color: RED, flag: false)
      one: echo(list: 3) nulls: echo(text: null, list: null, point: null, color: null) }`,
  },
  'default values of arguments': { source: '{ echo point: echo(point: { x: 1 }) self { echo } }' },
  'variables in arguments': {
    source: `query ($text: String, $x: Int! = 4, $point: Point, $list: [Int!], $flag: Boolean = false) {
      echo(text: $text, point: $point, list: $list, flag: $flag) self { echo(point: { x: $x }, list: [$x, 2]) } }`,
    variables: { text: 'b', point: { x: 3, color: 'GREEN' }, list: [5], flag: true },
  },
  'variables that are not given': {
    source: `query ($text: String, $x: Int! = 4, $point: Point, $flag: Boolean = false) {
      echo(text: $text, point: $point, flag: $flag) self { echo(point: { x: $x, y: $x }) } }`,
  },
  'variables that are null': {
    source: 'query ($text: String = "a", $list: [Int!]) { echo(text: $text, list: $list) }',
    variables: { text: null, list: null },
  },
  'a variable that is missing': { isRefused: true, source: 'query ($x: Int!) { echo(point: { x: $x }) }' },
  'variables of other types': {
    isRefused: true,
    source: 'query ($x: Int!, $color: Color) { echo(point: { x: $x }, color: $color) }',
    variables: { x: 'one', color: 'BLUE' },
  },
  'a variable with a fault inside': {
    isRefused: true,
    source: 'query ($p: Point) { echo(point: $p) }',
    variables: { p: { y: 1, z: 2 } },
  },
  'null for an argument that takes none': {
    source: 'query ($flag: Boolean = true) { name echo(flag: $flag) }',
    variables: { flag: null },
  },
  'a skipped field': { source: '{ name @skip(if: true) text @include(if: false) }' },
  'conditions by a fragment': {
    source: '{ ... @skip(if: true) { name } ...A @include(if: false) ...A text } fragment A on Query { other: name }',
  },
  'one of several operations': { source: 'query A { name } query B { text }', operationName: 'B' },
  'no operation of the name': { isRefused: true, source: 'query A { name } query B { text }', operationName: 'C' },
  'several operations without a name': { isRefused: true, source: 'query A { name } query B { text }' },
  'no operation': { isRefused: true, source: 'fragment A on Query { name } query B { ...A }', operationName: '' },
  'mutations one after another': {
    source: 'mutation { a: push(name: "a", ms: 20) b: push(name: "b", ms: 1) c: push(name: "c") }',
  },
  'a mutation that fails': { source: 'mutation { a: push(name: "a") fail(ms: 5) b: push(name: "b") }' },
  'a mutation that fails whole': { source: 'mutation { a: push(name: "a") sureFail b: push(name: "b") }' },
}

test.for(Object.entries(operations))('%s', async ([, compared]) => {
  await compare(compared)
})

const conditional: Compared = {
  source: `query ($a: Boolean!, $b: Boolean! = true) {
    name @include(if: $a) self @skip(if: $b) { name text @include(if: $a) ...A @skip(if: $a) } list { ...A @include(if: $b) }
  } fragment A on Thing { count @skip(if: $b) even }`,
}

test('each choice of conditions by variables, in turns by one executor', async () => {
  const execute = createExecutor()
  const choices = [{ a: true }, { a: false }, { a: true, b: false }, { a: false, b: false }, { a: true, b: true }]
  for (const variables of [...choices, ...choices]) await compare({ ...conditional, variables }, execute)
})

test('the operations of one document, in turns by one executor', async () => {
  const execute = createExecutor()
  const source = 'query A { name } query B { text self { name } } mutation C { push(name: "c") }'
  for (const operationName of ['A', 'B', 'C', 'A', 'B']) await compare({ source, operationName }, execute)
})

test('items that fail after another has failed are heard of', async () => {
  const small = buildSchema('type Query { list: [Item!]! nullable: [Item!] } type Item { a: Int! }')
  const late = async () => {
    await new Promise(setImmediate)
    throw new Error('late')
  }
  const early = () => {
    throw new Error('early')
  }
  const list = [{ a: late }, { a: early }, { a: late }]
  const args = { schema: small, document: parse('{ nullable { a } list { a } }'), rootValue: { list, nullable: list } }
  const { data, errors = [] } = await createExecutor()(args)
  expect(data).toBeNull()
  expect(errors.map(({ message }) => message)).toContain('early')
  // an error that nobody hears of fails the test
  await new Promise((resolve) => setTimeout(resolve, 20))
})

test('data that nobody promised comes at once', () => {
  const result = createExecutor()({ schema: buildSchema('type Query { a: Int }'), document: parse('{ a }') })
  expect(result).toEqual({ data: { a: null } })
})

describe('a signal that is aborted', () => {
  const slow = buildSchema('type Query { a: Int b: Query }')

  test('before the operation ends it', () => {
    const options = { schema: slow, document: parse('{ a }'), signal: AbortSignal.abort(new Error('given up')) }
    expect(() => createExecutor()(options)).toThrow('given up')
  })

  test('during the operation resolves no further field', async () => {
    const abort = new AbortController()
    let calls = 0
    const rootValue = {
      b: async () => {
        abort.abort(new Error('given up'))
        return { a: () => (calls += 1) }
      },
    }
    const options = { schema: slow, document: parse('{ b { a } }'), rootValue, signal: abort.signal }
    expect(await createExecutor()(options)).toMatchObject({
      data: { b: { a: null } },
      errors: [{ message: 'given up' }],
    })
    expect(calls).toBe(0)
  })
})

describe('what is kept', () => {
  const small = buildSchema('type Query { a(b: Int): Int! }')
  const rootValue = { a: ({ b = 0 }: { b?: number }) => b }

  test('one more field than is kept is executed right, and so are the first ones', () => {
    const document = (from: number) => {
      const fields = Array.from(
        { length: operationLimits.plannedFieldsMax / 2 },
        (_, at) => `f${at}: a(b: ${from + at})`,
      )
      return parse(`{ ${fields.join(' ')} }`)
    }
    const documents = [document(0), document(100), parse('{ one: a(b: 1) }')]
    const ours = createExecutor()
    for (const one of [...documents, ...documents]) {
      const args = { schema: small, document: one, rootValue }
      expect(ours(args)).toEqual(execute(args))
    }
  })
})

describe('plans are made', () => {
  const root = join(import.meta.dirname, '..', '..', '..')
  const manifest = JSON.parse(readFileSync(join(root, 'documents.json'), 'utf8')) as Record<string, string>

  test('for each document of the client package', () => {
    const texts = Object.values(manifest)
    expect(texts.length).toBeGreaterThan(50)
    expect(texts.filter((text) => takeApart(parse(text)) === null)).toEqual([])
  })

  test.for([
    '{ __schema { description } }',
    '{ __proto__: name }',
    '{ name @custom }',
    'query @custom { name }',
    '{ name } type Unused { a: Int }',
  ])('not for %s', (source) => {
    expect(takeApart(parse(source))).toBeNull()
  })
})
