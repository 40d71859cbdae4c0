// Fields that can fail alone are nullable, so that an error of one does not take its neighbours away. Their values are
// null only with an error: `@semanticNonNull` tells that to the code generators of clients.

import {
  DirectiveLocation,
  GraphQLDirective,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLSchema,
  isNonNullType,
  isObjectType,
  Kind,
  parse,
  printSchema,
  specifiedDirectives,
} from 'graphql'
import { failuresOf } from './error-codes.ts'

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

/**
 * Makes the fields that can fail alone nullable: mutations, and those with codes.
 *
 * Their resolvers are still typed as non-null.
 */
export function letFieldsFail(schema: GraphQLSchema): GraphQLSchema {
  for (const type of objectTypes(schema)) {
    if (type === schema.getSubscriptionType()) continue
    for (const field of Object.values(type.getFields())) {
      const canFail = type === schema.getMutationType() || failuresOf(field).length > 0
      if (!canFail || !isNonNullType(field.type)) continue
      field.type = field.type.ofType
      field.extensions = { ...field.extensions, isSemanticNonNull: true }
    }
  }
  return schema
}

/** Prints a schema with `@semanticNonNull`, which graphql-js leaves out. */
export function printWithNullability(schema: GraphQLSchema): string {
  const text = printSchema(schema)
  const ends = parse(text).definitions.flatMap((type) => {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) return []
    const fields =
      objectTypes(schema)
        .find(({ name }) => name === type.name.value)
        ?.getFields() ?? {}
    const marked = (type.fields ?? []).filter(({ name }) => fields[name.value]?.extensions.isSemanticNonNull)
    return marked.map((field) => field.type.loc?.end ?? 0)
  })
  const parts = [0, ...ends].map((start, index) => text.slice(start, ends[index]))
  return `${parts.join(` @${SemanticNonNull.name}`)}\n`
}

const objectTypes = (schema: GraphQLSchema) => Object.values(schema.getTypeMap()).filter(isObjectType)
