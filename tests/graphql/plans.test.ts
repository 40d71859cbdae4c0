import { type DocumentNode, type ExecutionArgs, parse } from 'graphql'
import { describe, expect, test, vi } from 'vitest'
import { operationLimits } from '../../src/config/http.ts'
import { takeApart } from '../../src/graphql/execution/document.ts'
import { createExecutor } from '../../src/graphql/execution/executor.ts'
import { graphiqlTabs } from '../../src/http/graphiql-tabs.ts'
import { documents, operationsOf, readText } from '../support/documents.ts'
import { measureHeld } from '../support/growth/heap.ts'
import { holdings } from '../support/growth/holdings.ts'
import { later } from './comparison.ts'
import { createSchema } from './comparison-schema.ts'

/** An executor, and how often it has planned the root fields of a query. */
function createCounted() {
  const schema = createSchema()
  const query = schema.getQueryType()
  if (!query) throw new Error('the schema has queries')
  const execute = createExecutor()
  const fieldsOf = vi.spyOn(query, 'getFields')
  return {
    execute: (document: DocumentNode, more: Partial<ExecutionArgs> = {}) =>
      execute({ schema, document, contextValue: { calls: [], infos: [] }, ...more }),
    /** Tells whether an execution has planned. */
    hasPlanned(run: () => unknown): boolean {
      const before = fieldsOf.mock.calls.length
      run()
      return fieldsOf.mock.calls.length > before
    },
  }
}

describe('the plans of a document', () => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const document = parse(`query (${names.map((name) => `$${name}: Boolean!`).join(' ')}) {
    ${names.map((name) => `${name}: without @include(if: $${name})`).join(' ')}
  }`)
  /** The variables of a choice, by the bits of its index. */
  const variablesOf = (index: number) => Object.fromEntries(names.map((name, bit) => [name, (index & (1 << bit)) > 0]))
  const expectedOf = (index: number) => ({
    data: Object.fromEntries(names.filter((_, bit) => (index & (1 << bit)) > 0).map((name) => [name, 0])),
  })

  test('are kept for as many choices of conditions as the limit, and are all right', () => {
    const { execute, hasPlanned } = createCounted()
    const run = (index: number) => () => {
      expect(execute(document, { variableValues: variablesOf(index) })).toEqual(expectedOf(index))
    }
    const choices = Array.from({ length: operationLimits.plansPerDocumentMax }, (_, index) => index + 1)
    expect(choices.map((index) => hasPlanned(run(index)))).toEqual(choices.map(() => true))
    expect(choices.map((index) => hasPlanned(run(index)))).toEqual(choices.map(() => false))
    // one more: those that were kept are gone
    const oneMore = run(choices.length + 1)
    expect([hasPlanned(oneMore), hasPlanned(oneMore)]).toEqual([true, false])
    expect(choices.map((index) => hasPlanned(run(index)))).toEqual(choices.map(() => true))
  })

  test('are others for each operation', () => {
    const { execute, hasPlanned } = createCounted()
    const both = parse('query A { a: without } query B { b: without }')
    const run = (operationName: string, data: object) => () => {
      expect(execute(both, { operationName })).toEqual({ data })
    }
    expect([run('A', { a: 0 }), run('B', { b: 0 }), run('A', { a: 0 }), run('B', { b: 0 })].map(hasPlanned)).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})

describe('the planned fields of a server', () => {
  /** Fields of one document. */
  const each = 900
  const documentOf = (index: number, name = 'without') =>
    parse(`{ ${Array.from({ length: each }, (_, field) => `f${index}_${field}: ${name}`).join(' ')} }`)
  const fitting = Math.floor(operationLimits.plannedFieldsMax / each)

  test('are kept up to the limit, above which all are planned again', () => {
    const { execute, hasPlanned } = createCounted()
    const kept = Array.from({ length: fitting }, (_, index) => documentOf(index))
    const run = (document: DocumentNode) => () => {
      const { data } = execute(document) as { data: object }
      expect(new Set(Object.values(data))).toEqual(new Set([0]))
      expect(Object.keys(data)).toHaveLength(each)
    }
    expect(kept.map((document) => hasPlanned(run(document)))).toEqual(kept.map(() => true))
    expect(kept.map((document) => hasPlanned(run(document)))).toEqual(kept.map(() => false))
    const one = documentOf(fitting)
    expect(hasPlanned(run(one))).toBe(true)
    expect(hasPlanned(run(one))).toBe(true)
    expect(hasPlanned(run(one))).toBe(false)
    expect(kept.slice(0, 3).map((document) => hasPlanned(run(document)))).toEqual([true, true, true])
  })

  test('an operation under way goes on when its plan is not kept any more', async () => {
    const { execute } = createCounted()
    const rootValue = { thing: () => later({ things: [{ name: 'a' }, { name: 'b' }] }, 3) }
    const document = parse('{ thing { things { name without } } }')
    const running = execute(document, { rootValue })
    for (let index = 0; index <= fitting + 1; index++) await execute(documentOf(index))
    expect(await running).toEqual({
      data: {
        thing: {
          things: [
            { name: 'a', without: 0 },
            { name: 'b', without: 0 },
          ],
        },
      },
    })
  })

  test('weigh no more than was thought', async () => {
    const { execute } = createCounted()
    // lists of lists have the most completers
    const parsed = Array.from({ length: fitting }, (_, index) => documentOf(index, 'gridRequired'))
    const held = await measureHeld(() => {
      const results = parsed.map((document) => execute(document, { rootValue: { gridRequired: [] } }))
      return [execute, results.length]
    })
    const { count = 0, bytes = 0 } = holdings['graphql/execution/executor plansOf'] ?? {}
    expect(held).toBeLessThanOrEqual(count * bytes)
    expect(parsed).toHaveLength(fitting)
  })
})

describe('a plan is made', () => {
  const trusted = Object.values(JSON.parse(readText('documents.json')) as Record<string, string>)
  const tabs = graphiqlTabs.map(({ query }) => query)
  const written = documents.flatMap((path) => operationsOf(readText(path)))

  test.for([
    ['documents.json', trusted],
    ['GraphiQL', tabs],
  ] as const)('for every document of %s', ([, texts]) => {
    expect(texts.length).toBeGreaterThan(3)
    expect(texts.filter((text) => takeApart(parse(text)) === null)).toEqual([])
  })

  test('for the documents of README.md and docs/ that do not ask for the schema', () => {
    const rare = written.filter((text) => takeApart(parse(text)) === null)
    expect(rare.filter((text) => !text.includes('__'))).toEqual([])
  })
})

describe('an operation that is aborted', () => {
  test('before it begins is not executed', () => {
    const { execute } = createCounted()
    const name = vi.fn(() => 'a')
    const signal = AbortSignal.abort(new Error('too late'))
    expect(() => execute(parse('{ name }'), { rootValue: { name }, signal } as object)).toThrow('too late')
    expect(name).not.toHaveBeenCalled()
  })

  test.for(['query', 'mutation'])('while it runs resolves no further field: a %s', async (kind) => {
    const { execute } = createCounted()
    const abort = new AbortController()
    const name = vi.fn(() => 'a')
    const size = () => later(() => abort.abort(new Error('too late')))
    const rootValue = { size, thing: () => later({ name }, 2), name }
    const document = parse(`${kind} { size thing { name } ${kind === 'mutation' ? 'name' : ''} }`)
    const { data, errors } = await execute(document, { rootValue, signal: abort.signal } as object)
    expect(name).not.toHaveBeenCalled()
    expect(data?.thing ?? null).toEqual(kind === 'mutation' ? null : { name: null })
    expect(errors?.map(({ message }) => message)).toContain('too late')
  })
})
