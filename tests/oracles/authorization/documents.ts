// Operations that are written by what the schema says, so that a new field is asked for without a word about it.

import { type GraphQLField, type GraphQLObjectType, getNamedType, isCompositeType, isObjectType } from 'graphql'
import { schema } from '../../../src/api/schema.ts'

/** Kinds of operations. */
export type Kind = 'query' | 'mutation' | 'subscription'

type AnyField = GraphQLField<unknown, unknown>

const roots = {
  query: schema.getQueryType(),
  mutation: schema.getMutationType(),
  subscription: schema.getSubscriptionType(),
}

/** The fields of an object type. */
export function fieldsOf(type: string): Record<string, AnyField> {
  const found = schema.getType(type)
  if (!isObjectType(found)) throw new Error(`${type} is no object type`)
  return found.getFields()
}

/** The fields that an operation can begin with. */
export function rootFields(kind: Kind): Record<string, AnyField> {
  const root: GraphQLObjectType | null | undefined = roots[kind]
  if (!root) throw new Error(`there is no ${kind}`)
  return root.getFields()
}

/** Selects a field of an object; what is behind it only by its name. */
export function select(field: AnyField): string {
  const args = field.args.filter(({ type }) => String(type).endsWith('!'))
  const given = args.map(({ name, type }) => `${name}: ${requiredArgs[String(type)] ?? 'null'}`).join(', ')
  return `${field.name}${given && `(${given})`}${isCompositeType(getNamedType(field.type)) ? ' { __typename }' : ''}`
}

/** Values for the few arguments that fields of objects need. */
const requiredArgs: Record<string, string> = { 'Int!': '1', 'FriendRequestDirection!': 'INCOMING' }

/** Writes an operation of one field, whose arguments are its variables. Payloads are selected one level deep. */
export function documentOf(kind: Kind, name: string): string {
  const field = rootFields(kind)[name]
  if (!field) throw new Error(`there is no ${kind} ${name}`)
  const variables = field.args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ')
  const args = field.args.map((arg) => `${arg.name}: $${arg.name}`).join(', ')
  const type = getNamedType(field.type)
  const inner = isObjectType(type) && kind === 'mutation' ? Object.values(type.getFields()).map(select) : ['__typename']
  const selection = isCompositeType(type) ? `{ ${inner.join(' ')} }` : ''
  return `${kind} ${variables && `(${variables})`} { ${name}${args && `(${args})`} ${selection} }`
}

/** The variables of an operation of `documentOf`: a mutation has one, its input. */
export function variablesOf(kind: Kind, name: string, given: Record<string, unknown>): Record<string, unknown> {
  return kind === 'mutation' && rootFields(kind)[name]?.args.length ? { input: given } : given
}
