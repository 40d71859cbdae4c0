// Random documents over the schema of comparisons, which are valid.

import {
  doTypesOverlap,
  type GraphQLCompositeType,
  getNamedType,
  isCompositeType,
  isUnionType,
  OperationTypeNode,
} from 'graphql'
import type { Random } from '../simulation/virtual-time.ts'
import { schema } from './comparison.ts'

/** The arguments of fields: fields with the same ones have the same name in the response. */
const argumentsOf: Readonly<Record<string, readonly string[]>> = {
  echo: [
    '',
    '(text: $text, number: 3)',
    '(shape: { color: RED, sides: $number, inner: { color: GREEN } })',
    '(ids: ["a", $id], least: $number)',
    '(odd: [1, { a: "b" }], color: GREEN)',
  ],
  need: ['(id: "a")', '(id: $id)'],
  method: ['', '(text: $text)', '(text: null)'],
  info: ['', '(text: $text)'],
  args: ['', '(text: "b")'],
}

const definitions: Readonly<Record<string, string>> = {
  text: '$text: String = "default"',
  number: '$number: Int = 2',
  id: '$id: ID!',
  a: '$a: Boolean!',
  b: '$b: Boolean = true',
  c: '$c: Boolean! = false',
}

const composites = ['Query', 'Mutation', 'Subscription', 'Thing', 'Cat', 'Dog', 'Named', 'Some', 'Guess'].map(
  (name) => {
    const type = schema.getType(name)
    if (!isCompositeType(type)) throw new Error(`${name} has no fields`)
    return type
  },
)

/** A fragment whose text is complete, so that it can be spread. */
interface Fragment {
  readonly name: string
  readonly on: GraphQLCompositeType
  readonly text: string
}

/** Makes the text of a document with one operation. */
export function createDocument(random: Random): string {
  const fragments: Fragment[] = []
  let selectionsLeft = 60

  function condition(): string {
    if (!random.chance(0.25)) return ''
    const [directive, value] = [random.pick(['skip', 'include']), random.pick(['$a', '$b', '$c', 'true', 'false'])]
    return ` @${directive}(if: ${value})`
  }

  function fieldOf(type: GraphQLCompositeType, depth: number): string {
    const fields = isUnionType(type) ? [] : Object.values(type.getFields())
    if (fields.length === 0 || random.chance(0.1)) return random.pick(['__typename', 'kind: __typename'])
    const field = random.pick(fields)
    const inner = getNamedType(field.type)
    if (isCompositeType(inner)) {
      if (depth === 0) return '__typename'
      const alias = random.chance(0.2) ? `my_${field.name}: ` : ''
      return `${alias}${field.name}${condition()} ${selectionsOf(inner, depth - 1)}`
    }
    const given = argumentsOf[field.name] ?? ['']
    const index = random.below(given.length)
    const alias = index > 0 ? `${field.name}_${index}: ` : random.chance(0.2) ? `constructor_${field.name}: ` : ''
    return `${alias}${field.name}${given[index]}${condition()}`
  }

  function overlapping(type: GraphQLCompositeType): GraphQLCompositeType {
    return random.pick(composites.filter((one) => doTypesOverlap(schema, one, type)))
  }

  function fragmentOf(type: GraphQLCompositeType, depth: number): string {
    if (random.chance(0.5)) {
      const on = random.chance(0.3) ? null : overlapping(type)
      return `...${on ? ` on ${on.name}` : ''}${condition()} ${selectionsOf(on ?? type, depth)}`
    }
    const known = fragments.filter(({ on }) => doTypesOverlap(schema, on, type))
    if (known.length > 0 && random.chance(0.5)) return `...${random.pick(known).name}${condition()}`
    const on = overlapping(type)
    const text = selectionsOf(on, depth)
    const name = `F${fragments.length}`
    fragments.push({ name, on, text: `fragment ${name} on ${on.name} ${text}` })
    return `...${name}${condition()}`
  }

  function selectionsOf(type: GraphQLCompositeType, depth: number): string {
    const count = 1 + random.below(5)
    const selections = Array.from({ length: count }, () => {
      if (selectionsLeft-- <= 0) return '__typename'
      return random.chance(0.3) && depth > 0 ? fragmentOf(type, depth - 1) : fieldOf(type, depth)
    })
    return `{ ${selections.join(' ')} }`
  }

  const kind = random.pick([...Array(4).fill('query'), 'mutation', 'mutation', 'subscription']) as OperationTypeNode
  const root = schema.getRootType(kind)
  if (!root) throw new Error(`there is no ${kind}`)
  // a subscription has one root field
  const selections =
    kind === OperationTypeNode.SUBSCRIPTION
      ? `{ things { ...on Thing ${selectionsOf(schema.getType('Thing') as GraphQLCompositeType, 3)} } }`
      : selectionsOf(root, 4)
  const text = [selections, ...fragments.map((fragment) => fragment.text)].join('\n')
  const used = Object.entries(definitions).filter(([name]) => new RegExp(`\\$${name}\\b`).test(text))
  const declared = used.length > 0 ? `(${used.map(([, definition]) => definition).join(', ')})` : ''
  return `${kind} Random${declared} ${text}`
}

/** Makes variables that the documents may have. */
export function createVariables(random: Random): Record<string, unknown> {
  return {
    id: random.pick(['x', 7]),
    a: random.chance(0.5),
    ...(random.chance(0.5) && { b: random.chance(0.5) }),
    ...(random.chance(0.5) && { c: random.chance(0.5) }),
    ...(random.chance(0.6) && { text: random.pick(['t', '', null]) }),
    ...(random.chance(0.6) && { number: random.pick([0, 5, null]) }),
  }
}
