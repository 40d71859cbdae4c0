// A schema in which each value decides by itself how it is resolved, and what fails.

import {
  buildSchema,
  GraphQLError,
  type GraphQLFieldResolver,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  print,
  responsePathAsArray,
} from 'graphql'

/** The context of an execution: it shows more than the result. */
export interface Seen {
  /** Calls in their order. */
  readonly calls: string[]
  /** The `info` of resolvers. */
  readonly infos: unknown[]
  /** The root value. */
  readonly root: unknown
}

const fields = `
  id: ID  name: String  nameRequired: String!  number: Int  size: Float  isOn: Boolean  color: Color
  odd: Odd  oddRequired: Odd!
  thing: Thing  thingRequired: Thing!  things: [Thing]  thingsRequired: [Thing!]!
  names: [String]  namesRequired: [String!]!  grid: [[Int]]  gridRequired: [[Int!]!]!
  named: Named  namedRequired: Named!  nameds: [Named!]  namedGrid: [[Named]]  some: Some  somes: [Some]  guess: Guess
  cat: Cat  dog: Dog
  echo(text: String = "none", number: Int, least: Int! = 1, color: Color, ids: [ID!], shape: Shape, odd: Odd): String
  need(id: ID!): String
  info(text: String): String  infoRequired: Thing!
  without: Int  source: Int  args(text: String): Int  context: Int  all: Int
  method(text: String): String
`

const text = `
  directive @mark on FIELD | QUERY | FRAGMENT_DEFINITION
  enum Color { RED GREEN }
  scalar Odd
  input Shape { color: Color! sides: Int = 4 inner: Shape sizes: [Float!] }
  interface Named { name: String }
  type Query implements Named { ${fields} }
  type Mutation implements Named { ${fields} }
  type Subscription implements Named { ${fields} }
  type Thing implements Named { ${fields} }
  type Cat implements Named { name: String lives: Int thing: Thing }
  type Dog implements Named { name: String bones: [Int!] thing: Thing }
  union Some = Thing | Cat | Dog
  union Guess = Cat | Dog
`

/** The coerced values of a leaf, by what its resolver has returned. */
const oddities: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new TypeError('this is odd')
  },
  refuses: () => {
    throw new GraphQLError('this is refused', { extensions: { code: 'ODD' } })
  },
  null: () => null,
  undefined: () => undefined,
}

/** Creates the schema. */
export function createSchema() {
  const schema = buildSchema(text)
  Object.assign(schema.getType('Odd') ?? {}, {
    coerceOutputValue: (value: unknown) => (oddities[String(value)] ?? (() => value))(),
  })
  Object.assign(schema.getType('Named') ?? {}, {
    resolveType: (value: { type?: unknown }, context: Seen, info: GraphQLResolveInfo) => {
      context.infos.push(['resolveType', describeInfo(info, context)])
      return typeof value.type === 'function' ? value.type() : value.type
    },
  })
  for (const [name, property] of [
    ['Cat', 'isCat'],
    ['Dog', 'isDog'],
  ] as const) {
    Object.assign(schema.getType(name) ?? {}, {
      isTypeOf: (value: Record<string, unknown>, context: Seen, info: GraphQLResolveInfo) => {
        context.infos.push([name, describeInfo(info, context)])
        const is = value[property]
        return typeof is === 'function' ? is() : is
      },
    })
  }
  const resolvers = createResolvers()
  for (const type of Object.values(schema.getTypeMap())) {
    if (!(type instanceof GraphQLObjectType) || type.name.startsWith('__')) continue
    for (const [name, field] of Object.entries(type.getFields())) {
      const resolve = resolvers[name]
      if (resolve) field.resolve = resolve
    }
  }
  return schema
}

type Resolve = GraphQLFieldResolver<unknown, Seen>

/** Resolvers of each length: one that declares few parameters is not given all. */
function createResolvers(): Readonly<Record<string, Resolve>> {
  const showInfo: Resolve = (source, args, context, info) => {
    context.infos.push(describeInfo(info, context))
    return info.fieldName === 'info' ? JSON.stringify(args) : source
  }
  return {
    echo: (_, args, context) => {
      context.calls.push(`echo ${JSON.stringify(args)}`)
      return `${JSON.stringify(args)} ${Object.getPrototypeOf(args) === null}`
    },
    need: (_, { id }: { id: string }) => id,
    info: showInfo,
    infoRequired: showInfo,
    without: () => 0,
    source: (source) => Object.keys(source ?? {}).length,
    args: (_, args) => Object.keys(args).length,
    context: (_source, _args, context) => context.calls.length,
    all(...given: readonly unknown[]) {
      return typeof given[3] === 'object' ? given.length : -1
    },
  }
}

/** Shows all of an `info` that can be compared. */
function describeInfo(info: GraphQLResolveInfo, context: Seen): unknown {
  const typenames = []
  for (let path: GraphQLResolveInfo['path'] | undefined = info.path; path; path = path.prev)
    typenames.push(path.typename)
  const { fieldName, returnType, parentType, fieldNodes, variableValues, operation, fragments, rootValue, schema } =
    info
  return {
    ...{ fieldName, isRoot: rootValue === context.root, typenames, names: Object.keys(info).toSorted() },
    path: responsePathAsArray(info.path),
    types: [String(returnType), String(parentType), parentType === schema.getType(parentType.name)],
    nodes: fieldNodes.map((node) => [print(node), node.loc?.start]),
    variables: variableValues.coerced,
    sources: Object.entries(variableValues.sources).map(([name, source]) => [name, source?.value]),
    operation: print(operation),
    fragments: Object.values(fragments).map((fragment) => fragment && print(fragment)),
    schema: schema.getQueryType()?.name,
  }
}
