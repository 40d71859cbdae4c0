// The codes that a field can fail with stand beside it, as `codes`. The last sentence of its description is made of them.

import type { FieldNullability, InputFieldMap, SchemaTypes, TypeParam } from '@pothos/core'
import { type GraphQLField, type GraphQLSchema, isObjectType } from 'graphql'
import { type ErrorCode, errorCodes } from '../errors.ts'
import { builder } from './builder.ts'

/** A code that a field can fail with, such as `CONFLICT when it is deleted`. */
export type Failure = ErrorCode | `${ErrorCode} ${string}` | `${ErrorCode}, ${string}`

declare global {
  namespace PothosSchemaTypes {
    interface FieldOptions<
      Types extends SchemaTypes = SchemaTypes,
      ParentShape = unknown,
      Type extends TypeParam<Types> = TypeParam<Types>,
      Nullable extends FieldNullability<Type> = FieldNullability<Type>,
      Args extends InputFieldMap = InputFieldMap,
      ResolveShape = unknown,
      ResolveReturnShape = unknown,
    > {
      /** The codes that it can fail with, besides those that every operation can. */
      codes?: readonly Failure[]
    }
  }
}

/** The closed list of error codes as an enum. */
export const ErrorCodeRef = builder.enumType('ErrorCode', {
  description:
    'Error codes: the value of `extensions.code` of every error. Clients generate their list from this enum.',
  values: Object.fromEntries(
    Object.entries(errorCodes).map(([code, description]) => [code, { description }]),
    // Object.fromEntries loses the type of the keys
  ) as Record<ErrorCode, { description: string }>,
})

/** Lists the failures of a field, as it declares them. */
export function failuresOf({ extensions }: GraphQLField<unknown, unknown>): readonly Failure[] {
  const options: { readonly codes?: readonly Failure[] } = Object(extensions.pothosOptions)
  return options.codes ?? []
}

/** Takes the code out of a failure. */
export function codeOf(failure: Failure): ErrorCode {
  // the type says that it begins with one
  return failure.split(/[ ,]/, 1)[0] as ErrorCode
}

/** Adds a sentence about the failures of each field to its description. */
export function describeFailures(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
    for (const field of Object.values(type.getFields())) {
      const failures = failuresOf(field)
      if (failures.length > 0) field.description = `${field.description} ${sentenceOf(failures)}`
    }
  }
  return schema
}

/** Says failures in a sentence, such as `Errors: NOT_FOUND, FORBIDDEN; CONFLICT when it is deleted.` */
function sentenceOf(failures: readonly Failure[]): string {
  const hasNote = (failure: Failure | undefined) => failure?.includes(' ') === true
  const parts = failures.map((failure, index) => {
    if (index === 0) return failure
    return `${hasNote(failure) || hasNote(failures[index - 1]) ? ';' : ','} ${failure}`
  })
  return `Errors: ${parts.join('')}.`
}
