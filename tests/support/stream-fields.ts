// Operations that reach every field of what a stream speaks of, written by what the schema says.

import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
} from 'graphql'
import { schema } from '../../src/api/schema.ts'

type AnyField = GraphQLField<unknown, unknown>

const values: Record<string, string> = { 'Int!': '1', 'FriendRequestDirection!': 'INCOMING' }

/** Tells whether plain members may ask a field: a refusal would take the place of everything beside it. */
const isForMembers = (field: AnyField) =>
  isLeafType(getNamedType(field.type)) || ['messages', 'members', 'replies', 'user', 'author'].includes(field.name)

function objectOf({ type }: AnyField): GraphQLObjectType | null {
  const named = getNamedType(type)
  return isObjectType(named) ? named : null
}

/** Selects a field with what is behind it, so many objects deep. Pages are looked through. */
function selectDeep(field: AnyField, depth: number): string | null {
  const given = field.args.flatMap(({ name, type }) => {
    if (String(type).endsWith('!')) return [`${name}: ${values[String(type)] ?? 'null'}`]
    return name === 'first' ? ['first: 5'] : []
  })
  const head = `${field.name}${given.length > 0 ? `(${given.join(', ')})` : ''}`
  if (isLeafType(getNamedType(field.type))) return head
  const object = objectOf(field)
  if (!object || depth === 0) return null
  const fields = Object.values(object.getFields())
  const { nodes } = object.getFields()
  const inner = nodes
    ? [selectDeep(nodes, depth)]
    : fields.filter(isForMembers).map((each) => selectDeep(each, depth - 1))
  return `${head} { ${inner.filter(Boolean).join(' ') || '__typename'} }`
}

/** The types that an interface of events can be. */
function eventTypes(name: string): readonly GraphQLObjectType[] {
  const type = schema.getType(name)
  if (!isInterfaceType(type)) throw new Error(`${name} is no interface`)
  return schema.getPossibleTypes(type)
}

/**
 * Gives an operation for each field of each type that events of an interface lead to.
 *
 * @param leadsTo where several types of events lead to the same: the one that is asked.
 */
export function fieldOperations(
  root: string,
  { interfaceName, leadsTo }: { interfaceName: string; leadsTo: Readonly<Record<string, string>> },
): Map<string, string> {
  const operations = new Map<string, string>()
  for (const event of eventTypes(interfaceName)) {
    for (const field of Object.values(event.getFields())) {
      const object = objectOf(field)
      if (!object || (leadsTo[object.name] ?? event.name) !== event.name) continue
      for (const inner of Object.values(object.getFields())) {
        const selection = selectDeep(inner, 2)
        if (selection === null) continue
        const spread = `... on ${event.name} { ${field.name} { ${selection} } }`
        operations.set(`${event.name}.${field.name}.${inner.name}`, root.replace('…', `__typename cursor ${spread}`))
      }
    }
  }
  return operations
}
