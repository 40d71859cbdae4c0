// Operations over the schema: valid ones, and ones that are nearly so.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import type { Random } from '../../tests/simulation/virtual-time.ts'
import { hostileValues, type Known } from '../../tests/support/hostile-values.ts'
import { several } from './fuzzer.ts'

/** An operation as a client sends it. */
export interface Operation {
  readonly query: string
  readonly variables: Record<string, unknown>
  readonly operationName?: string | null
}

const schema = buildSchema(readFileSync(join(import.meta.dirname, '..', '..', 'schema.graphql'), 'utf8'))
const roots = {
  query: schema.getQueryType(),
  mutation: schema.getMutationType(),
  subscription: schema.getSubscriptionType(),
}
/** They hash passwords, of which one takes a core for a tenth of a second, or are written to disk for a day. */
const slowFields = new Set(['register', 'changePassword', 'signIn', 'upgradeGuest', 'requestDataExport'])

/** Makes one operation. */
export function makeOperation(random: Random, known: Known): Operation {
  const kind = random.pick(['query', 'query', 'mutation', 'subscription'] as const)
  const root = roots[kind]
  if (!root) throw new Error(`the schema has no ${kind}`)
  const writer = createWriter(random, known)
  const count = kind === 'subscription' && !random.chance(0.1) ? 1 : 1 + random.below(3)
  const fields = Object.values(root.getFields()).filter(({ name }) => !slowFields.has(name) || random.chance(0.05))
  const selection = Array.from({ length: count }, () => writer.field(random.pick(fields), 0)).join(' ')
  const { definitions, variables, fragments } = writer
  const name = random.chance(0.3) ? ' Named' : ''
  const declared = definitions.length > 0 ? `(${definitions.join(', ')})` : ''
  const query = `${kind}${name || (declared && ' Named')}${declared} ${writer.directive()}{ ${selection} } ${fragments.join(' ')}`
  return {
    query: random.chance(0.25) ? spoil(query, random) : query,
    variables,
    ...(random.chance(0.1) && { operationName: random.pick(['', 'Named', 'Other', null]) }),
  }
}

const depthMax = 6
const literals = ['null', '$nowhere', '[[[1]]]', '{a: {b: 1}}', 'NAME', '-1', '"x"', '1e999']

/** Lists or objects within each other, which may not be closed. */
function nested(random: Random): string {
  const depth = random.below(1_990)
  const [open, close] = random.pick([
    ['[', ']'],
    ['{a:', '}'],
  ])
  return `${open.repeat(depth)}1${random.chance(0.5) ? close.repeat(depth) : ''}`
}

function createWriter(random: Random, known: Known) {
  const definitions: string[] = []
  const variables: Record<string, unknown> = {}
  const fragments: string[] = []

  function field({ name, args, type }: GraphQLField<unknown, unknown>, depth: number): string {
    const alias = random.chance(0.15) ? `${random.pick(['a', 'b', name])}: ` : ''
    const given = args.filter((arg) => isNonNullType(arg.type) || random.chance(0.5))
    const values = given.filter(() => !random.chance(0.03)).map((arg) => `${arg.name}: ${value(arg)}`)
    const list = values.length > 0 ? `(${values.join(', ')})` : ''
    return `${alias}${name}${list} ${directive()}${selection(getNamedType(type), depth + 1)}`
  }

  function value(argument: GraphQLArgument): string {
    if (random.chance(0.02)) return nested(random)
    if (random.chance(0.2)) return random.pick(literals)
    const variable = `v${definitions.length}`
    const type = random.chance(0.05) ? random.pick(['Int', 'String!', '[ID!]!', 'Nope', 'User']) : String(argument.type)
    definitions.push(`$${variable}: ${type}`)
    variables[variable] = filled(argument.name, argument.type, 0)
    return `$${variable}`
  }

  function filled(name: string, type: GraphQLInputType, depth: number): unknown {
    const plain = getNullableType(type)
    if (isInputObjectType(plain) && depth < depthMax && !random.chance(0.03)) {
      const fields = Object.values(plain.getFields()).filter((one) => isNonNullType(one.type) || random.chance(0.4))
      const entries = fields.map((one) => [one.name, filled(one.name, one.type, depth + 1)])
      return Object.fromEntries(random.chance(0.03) ? [...entries, ['unknown', 1], ['__proto__', {}]] : entries)
    }
    if (random.chance(0.6)) return fitting(name, plain)
    return random.pick(hostileValues({ name, type: plain }, known))
  }

  /** A value that may even be right. */
  function fitting(name: string, type: GraphQLInputType): unknown {
    if (isListType(type)) return several(random, [0, 3], () => fitting(name, getNullableType(type.ofType)))
    if (name === 'roomId') return known.roomId
    if (name === 'messageId') return known.ids[1]
    if (name === 'userId') return known.ids[2]
    if (String(type) === 'ID') return random.pick(known.ids)
    if (String(type) === 'EventCursor') return known.cursor
    if (String(type) === 'Int') return random.below(20)
    if (String(type) === 'Boolean') return random.chance(0.5)
    if (String(type) === 'String')
      return random.pick(['hello', '👍', 'x'.repeat(30), '@fuzz **hi** https://example.com'])
    return random.pick(hostileValues({ name, type }, known))
  }

  function selection(type: GraphQLNamedType, depth: number): string {
    if (!isCompositeType(type)) return random.chance(0.01) ? '{ id }' : ''
    if (random.chance(0.01)) return ''
    const own = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : []
    const leaves = own.filter((one) => !isCompositeType(getNamedType(one.type)))
    const choice = depth >= depthMax ? leaves : own
    const parts = choice.length > 0 ? several(random, [1, 4], () => field(random.pick(choice), depth)) : []
    if (isAbstractType(type) && depth < depthMax) {
      for (const one of schema.getPossibleTypes(type)) {
        if (random.chance(0.3)) parts.push(`... on ${one.name} ${directive()}${selection(one, depth + 1)}`)
      }
    }
    if (random.chance(0.1)) parts.push(fragment(type, depth))
    return `{ __typename ${parts.join(' ')} }`
  }

  function fragment(type: GraphQLNamedType, depth: number): string {
    const name = random.chance(0.1) ? 'F0' : `F${fragments.length}`
    fragments.push('')
    const text = `fragment ${name} on ${type.name} ${selection(type, depth + 1)}`
    fragments.push(text)
    return `...${name} `
  }

  function directive(): string {
    if (!random.chance(0.05)) return ''
    return random.pick([
      '@include(if: true) ',
      '@skip(if: $nowhere) ',
      '@defer ',
      '@stream ',
      '@nope(a: 1) ',
      '@skip(if: false) ',
    ])
  }

  return { definitions, variables, fragments, field, directive }
}

const pieces = [
  '{',
  '}',
  '(',
  ')',
  '...',
  '@',
  '$',
  ':',
  '"',
  '"""',
  '\u0000',
  '\uFEFF',
  '🦄',
  '\ud83d',
  '# ',
  '[',
  '!',
  '&',
  '|',
  ' on ',
]

/** Takes away, doubles or adds a piece of a text. */
function spoil(text: string, random: Random): string {
  const at = random.below(text.length)
  const end = at + random.below(40)
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at) + text.slice(end)
    case 1:
      return text.slice(0, end) + text.slice(at)
    case 2:
      return text.slice(0, at) + random.pick(pieces) + text.slice(at)
    default:
      return text.slice(0, at) + random.pick(pieces).repeat(1 + random.below(3_000)) + text.slice(at)
  }
}
