// Fields that can fail alone are nullable, so that an error of one does not take its neighbours away. Their values are
// null only with an error: `@semanticNonNull` tells that to the code generators of clients.

import {
  DirectiveLocation,
  GraphQLDirective,
  type GraphQLField,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLSchema,
  getNullableType,
  isObjectType,
  Kind,
  parse,
  printSchema,
  specifiedDirectives,
} from 'graphql'

/** Marks a field that can fail alone, as its `extensions`. Every mutation is such a field. */
export const canFail = { canFail: true } as const

const SemanticNonNull = new GraphQLDirective({
  name: 'semanticNonNull',
  description: 'The value is null only when the field has failed: then `errors` has an entry with its path.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: {
    levels: {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLInt))),
      description: 'The levels of nested lists that it is about: 0 is the value itself.',
      default: { value: [0] },
    },
  },
})

/** The directives of the schema. */
export const directives = [...specifiedDirectives, SemanticNonNull]

/** Makes the fields that can fail alone nullable. Their resolvers are still typed as non-null. */
export function letFieldsFail(schema: GraphQLSchema): GraphQLSchema {
  for (const field of semanticNonNullFields(schema).values()) field.type = getNullableType(field.type)
  return schema
}

/** Prints a schema with `@semanticNonNull`, which graphql-js leaves out. */
export function printWithNullability(schema: GraphQLSchema): string {
  const fields = semanticNonNullFields(schema)
  const text = printSchema(schema)
  const ends = parse(text).definitions.flatMap((type) => {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) return []
    const marked = (type.fields ?? []).filter((field) => fields.has(`${type.name.value}.${field.name.value}`))
    return marked.map((field) => field.type.loc?.end ?? 0)
  })
  const parts = [0, ...ends].map((start, index) => text.slice(start, ends[index]))
  return `${parts.join(` @${SemanticNonNull.name}`)}\n`
}

/** The fields that can fail alone, each by its type and name. */
function semanticNonNullFields(schema: GraphQLSchema): Map<string, GraphQLField<unknown, unknown>> {
  const mutation = schema.getMutationType()
  const fields = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => type === mutation || isMarked(field.extensions))
        .map((field): [string, typeof field] => [`${type.name}.${field.name}`, field]),
    )
  return new Map(fields)
}

const isMarked = ({ canFail: marked }: Partial<typeof canFail>) => marked === true
