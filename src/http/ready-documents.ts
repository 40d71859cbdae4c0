import { Kind, parse as parseText, type TypeNode } from 'graphql'
import { StartError } from '../database/start-error.ts'
import type { GraphQLEngine } from './graphql-engine.ts'
import type { TrustedDocuments } from './trusted-documents.ts'

/**
 * Parses, validates and weighs the trusted documents.
 *
 * The first operation of each is then as fast as the next. They are weighed with the smallest pages: how large they are is
 * up to the variables, and judged with these.
 *
 * @throws StartError when one of them cannot be executed by this server.
 */
export function readyDocuments(engine: GraphQLEngine, trusted: TrustedDocuments): void {
  for (const text of trusted.texts) {
    try {
      const { document } = engine.read(text, { variables: smallVariables(text) }, null)
      const [fault] = engine.validate(document, null)
      if (fault) throw fault
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new StartError(`A trusted document cannot be executed: ${reason}\n\n${text.slice(0, 500)}`, { cause })
    }
  }
}

/** Values for the variables that decide how much is read. */
function smallVariables(text: string): Record<string, unknown> {
  const variables = parseText(text).definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? (definition.variableDefinitions ?? []) : [],
  )
  return Object.fromEntries(variables.map(({ variable, type }) => [variable.name.value, smallValue(type)]))
}

function smallValue(type: TypeNode): unknown {
  if (type.kind === Kind.NON_NULL_TYPE) return smallValue(type.type)
  if (type.kind === Kind.LIST_TYPE) return []
  return type.name.value === 'Int' ? 1 : undefined
}
