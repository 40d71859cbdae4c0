// Documents and variables that ask for much work with few bytes.

import type { Operation } from './transports.ts'

/** So many texts beside each other. */
export function repeat(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join(' ')
}

const nested = (open: string, middle: string, close: string, depth: number) =>
  `${open.repeat(depth)}${middle}${close.repeat(depth)}`

/** Arrays within each other, as variables. */
function deepArray(depth: number): unknown {
  let value: unknown = []
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

const anyIds = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'

/** Each is past a bound of what is looked at before execution. */
export const heavyOperations: Readonly<Record<string, Operation>> = {
  'lists within each other': { query: `{ nodes(ids: ${nested('[', '""', ']', 990)}) { id } }` },
  'lists that are never closed': { query: `{ nodes(ids: ${'['.repeat(1_990)}` },
  'objects within each other': { query: `{ discoverRooms(filter: ${nested('{a:', '1', '}', 490)}) { nodes { id } } }` },
  'selections within each other': { query: nested('{viewer', '{id}', '}', 600) },
  'types of variables within each other': { query: `query ($a: ${nested('[', 'ID', ']', 900)}) { __typename }` },
  'variables within each other': { query: anyIds, variables: { ids: deepArray(5_000) } },
  'a variable that nobody asks for, deep within': { query: '{ __typename }', variables: { a: deepArray(60_000) } },
  'thousands of values': { query: anyIds, variables: { ids: Array.from({ length: 60_000 }, () => '') } },
  'thousands of nulls': { query: anyIds, variables: { ids: Array.from({ length: 50_000 }, () => null) } },
  'a long name for each row': { query: `{ categories { ${'a'.repeat(200_000)}: id } }` },
  'a connection under many names': {
    query: `{ viewer { ${repeat(180, (index) => `a${index}: memberships { nodes { id } }`)} } }`,
  },
  'a connection again and again': {
    query: `{ viewer { ${'memberships(first: 2) { nodes { role } } '.repeat(140)} } }`,
  },
  'a field again and again': { query: `{ viewer { user { ${'id '.repeat(1_900)} } } }` },
  'a field at the root again and again': { query: `{ ${'viewer { user { id } } '.repeat(280)} }` },
  'fragments beside each other': {
    query: `{ ${repeat(100, (index) => `...F${index}`)} } ${repeat(100, (index) => `fragment F${index} on Query { __typename viewer { email } }`)}`,
  },
  'fragments that spread each other twice': {
    query: `{ __type(name: "Room") { ...F0 } } ${repeat(60, (index) => `fragment F${index} on __Type { ...F${index + 1} ...F${index + 1} }`)} fragment F60 on __Type { name }`,
  },
  'fields of the schema in fragments': {
    query: `{ __type(name: "Room") { ...F0 } } ${repeat(14, (index) => `fragment F${index} on __Type { ofType { ...F${index + 1} } ofType { ...F${index + 1} } }`)} fragment F14 on __Type { name }`,
  },
}
