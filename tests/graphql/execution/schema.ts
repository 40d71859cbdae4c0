// The schema of the tests of the executor: its values are found by the place in the response, so that two executions of an
// operation get the same ones, in the same forms.

import {
  buildSchema,
  GraphQLError,
  type GraphQLResolveInfo,
  isInterfaceType,
  isObjectType,
  isUnionType,
  responsePathAsArray,
} from 'graphql'

const sdl = /* GraphQL */ `
  scalar Even
  enum Color { RED GREEN }
  input Point { x: Int!, y: Int = 7, tags: [String!], color: Color }
  interface Named { name: String, self: Thing }
  type Thing implements Named {
    name: String
    text: String!
    count: Int
    even: Even
    color: Color
    self: Thing
    sure: Thing!
    list: [Thing]
    sureList: [Thing!]!
    table: [[String!]]
    any: Either
    sureAny: Either!
    named: [Named]
    method(times: Int = 2): String
    echo(text: String = "none", list: [Int!], point: Point, color: Color, flag: Boolean! = true): String
  }
  type Other implements Named { name: String, self: Thing, only: Int! }
  type Picky { count: Int }
  union Either = Thing | Other | Picky
  type Query {
    name: String
    text: String!
    self: Thing
    sure: Thing!
    list: [Thing]
    any: Either
    named: [Named]
    picky: Picky
    echo(text: String = "none", list: [Int!], point: Point, color: Color, flag: Boolean! = true): String
  }
  type Mutation { push(name: String!, ms: Int = 0): [String!]!, fail(ms: Int = 0): String, sureFail: String! }
`

/** The forms in which a resolver gives a value. */
const forms = ['plain', 'plain', 'plain', 'promise', 'late', 'thenable'] as const

/** The faults of a resolver. */
const faults = ['thrown', 'returned', 'rejected', 'rejected late', 'no error', 'null', 'undefined'] as const

/** The context of an execution: how often there are faults, and what was called. */
export interface Play {
  readonly seed: number
  /** The share of values that are faults. */
  readonly faultShare: number
  readonly calls: string[]
}

/** A number from 0 to 1 that looks random, the same for equal texts. */
export function chance(text: string): number {
  let hash = 2_166_136_261
  for (const sign of text) hash = Math.imul(hash ^ sign.charCodeAt(0), 16_777_619)
  hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_507)
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296
}

const pick = <Item>(items: readonly Item[], text: string): Item =>
  items[Math.floor(chance(text) * items.length)] as Item

/** A promise of somebody else, as Prisma has them: no instance of Promise. */
function thenable(value: unknown): PromiseLike<unknown> {
  const promise = Promise.resolve(value)
  return new Proxy({} as PromiseLike<unknown>, {
    has: (_, name) => name in promise,
    get: (_, name) => (name === 'then' ? promise.then.bind(promise) : undefined),
  })
}

const later = () => new Promise((resolve) => setImmediate(resolve))

async function lateValue(value: unknown): Promise<unknown> {
  await later()
  return value
}

async function lateError(error: unknown): Promise<never> {
  await later()
  throw error
}

function failing(place: string): unknown {
  const error = new GraphQLError(`fault at ${place}`, { extensions: { code: 'FAULT', place } })
  const fault = pick(faults, `fault ${place}`)
  if (fault === 'thrown') throw error
  if (fault === 'returned') return new Error(`plain at ${place}`)
  if (fault === 'rejected') return Promise.reject(error)
  if (fault === 'rejected late') return lateError(error)
  const text: unknown = `text at ${place}`
  if (fault === 'no error') throw text
  return fault === 'null' ? null : undefined
}

function inForm(value: unknown, place: string): unknown {
  const form = pick(forms, `form ${place}`)
  if (form === 'promise') return Promise.resolve(value)
  if (form === 'late') return lateValue(value)
  return form === 'thenable' ? thenable(value) : value
}

/** Makes what a resolver returns at a place. */
function valueAt(field: string, { seed, faultShare }: Play, place: string): unknown {
  const at = `${seed} ${place}`
  if (chance(`is fault ${at}`) < faultShare) return failing(at)
  const make = makers[field]
  if (!make) throw new Error(`${field} has no values`)
  return inForm(make(at, faultShare), at)
}

const object = (at: string, kinds: readonly string[] = ['Thing']) => ({
  kind: pick(kinds, `kind ${at}`),
  // has no resolver: the property is called
  method: ({ times }: { times: number }, play: Play, info: GraphQLResolveInfo) =>
    `${info.fieldName} of ${play.seed} `.repeat(times),
})
const anyKinds = ['Thing', 'Other', 'Picky']

function listOf(make: (at: string) => unknown, at: string, faultShare: number): unknown {
  const items = Array.from({ length: Math.floor(chance(`length ${at}`) * 4) }, (_, index) => {
    const place = `${at}[${index}]`
    if (chance(`item ${place}`) < faultShare / 2) return pick([null, undefined, new Error(`item ${place}`)], place)
    return pick([false, true], `late ${place}`) ? lateValue(make(place)) : make(place)
  })
  return pick([() => items, () => new Set(items)], `kind of list ${at}`)()
}

const makers: Readonly<Record<string, (at: string, faultShare: number) => unknown>> = {
  name: (at) => pick<unknown>(['Ada', '', 7, true, 'Bob'], at),
  text: (at) => `text ${at.length}`,
  count: (at, faultShare) => (faultShare > 0 ? pick<unknown>([1, '2', 2.5, 'many', 3], at) : 1),
  only: () => 1,
  even: (at, faultShare) => (faultShare > 0 ? pick<unknown>([2, 3, 4, 0], at) : 2),
  color: (at, faultShare) => (faultShare > 0 ? pick(['RED', 'GREEN', 'BLUE'], at) : 'RED'),
  self: (at) => object(at),
  sure: (at) => object(at),
  picky: (at, faultShare) => object(at, faultShare > 0 ? ['Picky', 'Other'] : ['Picky']),
  list: (at, faultShare) =>
    faultShare > 0 && chance(`no list ${at}`) < 0.1 ? 'no list' : listOf(object, at, faultShare),
  sureList: (at, faultShare) => listOf(object, at, faultShare),
  table: (at, faultShare) => listOf((row) => listOf((cell) => cell, row, faultShare), at, faultShare),
  any: (at, faultShare) =>
    object(at, faultShare > 0 ? [...anyKinds, 'Missing', 'Query', 'throws', 'nothing'] : anyKinds),
  sureAny: (at) => object(at, anyKinds),
  named: (at, faultShare) => listOf((one) => object(one, ['Thing', 'Other']), at, faultShare),
}

/** Describes all that a resolver can see of its field. */
function describeInfo(info: GraphQLResolveInfo): string {
  const { fieldName, fieldNodes, returnType, parentType, path, operation, fragments, variableValues } = info
  const nodes = fieldNodes.map((node) => `${node.alias?.value ?? ''}:${node.name.value}@${node.loc?.start}`).join()
  const places: unknown[] = []
  for (let at: typeof info.path | undefined = path; at; at = at.prev) places.push(at.key, at.typename)
  const { coerced } = variableValues
  return `${parentType.name}.${fieldName}: ${String(returnType)} ${nodes} ${places.join()} ${operation.name?.value} ${Object.keys(fragments).join()} ${JSON.stringify(coerced)}`
}

function typeOf(value: unknown, play: Play, info: GraphQLResolveInfo): unknown {
  const { kind } = value as { kind: string }
  play.calls.push(`type ${responsePathAsArray(info.path).join('.')}`)
  if (kind === 'throws') throw new Error('no type')
  if (kind === 'nothing') return undefined
  return chance(`late type ${play.seed} ${responsePathAsArray(info.path).join('.')}`) < 0.3 ? lateValue(kind) : kind
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const mutations: Readonly<Record<string, (args: { name: string; ms: number }, play: Play) => unknown>> = {
  async push({ name, ms }, { calls }) {
    calls.push(`begin ${name}`)
    await wait(ms)
    calls.push(`end ${name}`)
    return [...calls]
  },
  async fail({ ms }, { calls }) {
    await wait(ms)
    calls.push('failed')
    throw new Error('it failed')
  },
  sureFail: (_, { calls }) => {
    calls.push('surely failed')
    throw new Error('it surely failed')
  },
}

function makeSchema() {
  const schema = buildSchema(sdl)
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name === 'Even') {
      Object.assign(type, {
        coerceOutputValue(value: number) {
          if (value % 2 !== 0) throw new TypeError(`${value} is odd`)
          return value === 0 ? undefined : value
        },
      })
    }
    if (isInterfaceType(type) || isUnionType(type)) type.resolveType = typeOf as typeof type.resolveType
    if (type.name === 'Picky' && isObjectType(type)) {
      type.isTypeOf = ((value: { kind: string }, play: Play) => {
        const is = value.kind === 'Picky'
        return chance(`late is ${play.seed}`) < 0.5 ? lateValue(is) : is
      }) as typeof type.isTypeOf
    }
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const [name, field] of Object.entries(type.getFields())) {
      if (name === 'method') continue
      field.resolve = ((_: unknown, args: object, play: Play, info: GraphQLResolveInfo) => {
        const mutate = mutations[name]
        if (type.name === 'Mutation' && mutate) return mutate(args as { name: string; ms: number }, play)
        play.calls.push(describeInfo(info))
        if (name === 'echo') return JSON.stringify(args)
        return valueAt(name, play, responsePathAsArray(info.path).join('.'))
      }) as typeof field.resolve
    }
  }
  return schema
}

/** The schema. Its context is a `Play`. */
export const schema = makeSchema()
