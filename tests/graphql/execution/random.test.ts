// Random operations with random faults are executed as that of graphql executes them.

import { type GraphQLCompositeType, getNamedType, isAbstractType, isCompositeType } from 'graphql'
import { expect, test } from 'vitest'
import { createExecutor } from '../../../src/graphql/execution/executor.ts'
import { compare } from './compare.ts'
import { chance, schema } from './schema.ts'

const ms = 3_000
const depthMax = 4

const abstractTypes = Object.values(schema.getTypeMap()).filter(isAbstractType)

/** Makes a random document and its variables. */
function makeOperation(seed: number): { source: string; variables: Record<string, unknown> } {
  let step = 0
  const random = () => chance(`${seed} ${step++}`)
  const upTo = (count: number) => Math.floor(random() * count)
  const pick = <Item>(items: readonly Item[]): Item => items[upTo(items.length)] as Item
  const fragments: string[] = []

  const condition = () =>
    pick([
      '',
      '',
      '',
      '',
      ' @skip(if: $a)',
      ' @include(if: $b)',
      ' @skip(if: false)',
      ' @include(if: true) @skip(if: $b)',
    ])

  function echo(): string {
    const given = [
      'text: $t',
      'text: "x"',
      'list: [1, $n]',
      'list: 2',
      'point: { x: $n, tags: ["a"] }',
      'point: { x: 1 }',
      'color: $c',
      'flag: $a',
    ]
    const args = new Map(Array.from({ length: upTo(4) }, () => pick(given)).map((one) => [one.split(':')[0], one]))
    return args.size > 0 ? `echo(${[...args.values()].join(', ')})` : 'echo'
  }

  function fieldOf(type: GraphQLCompositeType, depth: number): string {
    const fields = 'getFields' in type ? Object.values(type.getFields()) : []
    const open = depth < depthMax ? fields : fields.filter(({ type: of }) => !isCompositeType(getNamedType(of)))
    const field = open.length > 0 ? pick(open) : null
    if (!field || random() < 0.08) return `__typename${condition()}`
    const of = getNamedType(field.type)
    // an alias tells of the arguments and the type, so that fields with it can be merged
    const call = field.name === 'echo' ? echo() : field.name
    const key = `${call === field.name ? '' : `e${seed}_${step}: `}`
    const alias =
      key ||
      (random() < 0.2 ? `${field.name}${String(field.type).replace(/\W/g, '_')}: ` : `${type.name}_${field.name}: `)
    return `${alias}${call}${condition()}${isCompositeType(of) ? ` ${selectionOf(of, depth + 1)}` : ''}`
  }

  function selectionOf(type: GraphQLCompositeType, depth: number): string {
    const selections = Array.from({ length: 1 + upTo(4) }, () => {
      if (random() > 0.25 || depth >= depthMax) return fieldOf(type, depth)
      const types = isAbstractType(type) ? [...schema.getPossibleTypes(type), ...abstractTypes] : [type]
      const on = pick(types)
      if (random() < 0.5) return `... on ${on.name}${condition()} ${selectionOf(on, depth + 1)}`
      const name = `F${fragments.length}`
      fragments.push('')
      fragments[Number(name.slice(1))] = `fragment ${name} on ${on.name} ${selectionOf(on, depth + 1)}`
      return `...${name}${condition()} ...${name}`
    })
    return `{ ${selections.join(' ')} }`
  }

  const query = schema.getQueryType()
  if (!query) throw new Error('there is no query type')
  // all variables are used
  const all = 'all: echo(text: $t, list: [$n], color: $c, flag: $a) b: name @include(if: $b)'
  const body = `{ ${all} ...All } fragment All on Query ${selectionOf(query, 0)}`
  const head = 'query Q($a: Boolean! = true, $b: Boolean!, $t: String, $n: Int! = 3, $c: Color)'
  const variables = {
    b: random() < 0.5,
    ...(random() < 0.5 && { a: false }),
    ...pick([{}, { t: null }, { t: 'u', c: 'RED', n: 9 }]),
  }
  return { source: [`${head} ${body}`, ...fragments].join('\n'), variables }
}

test('random operations', async () => {
  const ours = createExecutor()
  const until = performance.now() + ms
  let compared = 0
  for (let seed = 1; performance.now() < until; seed++) {
    const operation = makeOperation(seed)
    try {
      await compare({ ...operation, seed, faultShare: [0, 0.02, 0.1][seed % 3] ?? 0 }, ours)
    } catch (error) {
      throw new Error(`seed ${seed}: ${JSON.stringify(operation, null, 1)}`, { cause: error })
    }
    compared += 1
  }
  expect(compared).toBeGreaterThan(200)
})
