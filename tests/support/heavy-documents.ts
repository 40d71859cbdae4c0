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
  'variables within each other': { query: anyIds, variables: { ids: deepArray(1_000) } },
  'a variable that nobody asks for, deep within': { query: '{ __typename }', variables: { a: deepArray(2_000) } },
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
  'aliases inside the description of the schema': {
    query: `{ __schema { types { ${repeat(40, (index) => `a${index}: fields { type { name } }`)} } } }`,
  },
}

const connections = (count: number) => `viewer { ${'memberships(first: 2) { nodes { role } } '.repeat(count)} }`
const sameRoom = (count: number, id: string) => Array.from({ length: count }, () => id)
const kinds = 'name description ofType { name description ofType { name description } }'

/** The most that each bound of an operation lets through: how, in a room whose messages are the longest. */
export const heaviestAllowed: Readonly<Record<string, (roomId: string) => Operation>> = {
  tokensMax: () => ({ query: `{ nodes(ids: [${'"" '.repeat(1_980)}]) { id } }` }),
  'the length of a request': () => ({ query: `{ nodes(ids: ["""${'\n   a'.repeat(45_000)}"""]) { id } }` }),
  comparisonsMax: () => ({ query: `{ ${connections(49)} }` }),
  selectionsMax: () => ({
    query: `${repeat(160, (index) => `query Q${index} { ...A }`)} fragment A on Query {
      server { name version guests roomDeletion limits { messageLengthMax pageSizeMax attachmentsMax } ${'guests '.repeat(3)} }
      regions { id name code } categories { id name slug position } }`,
  }),
  faultsMax: () => ({ query: `{ viewer { ${repeat(950, (index) => `f${index}`)} } }` }),
  valuesMax: () => ({
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    variables: { ids: Array.from({ length: 990 }, () => null) },
  }),
  costMax: (id) => ({
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Room { messages(last: 97) { nodes { id number } } } } }',
    variables: { ids: sameRoom(100, id) },
  }),
  introspectionCost: () => ({
    query:
      `{ ${repeat(4, (index) => `${index === 0 ? '' : `a${index}: `}__schema { types { fields { type { ofType { fields { ${'name description'} args { name type { ${kinds} } } } } } } } }`)} }`.replace(
        /a\d: /g,
        '',
      ),
  }),
  answerBytesMax: (id) => ({
    query: `{ node(id: "${id}") { ... on Room { messages(last: 100) { nodes { body } } } } }`,
  }),
  'texts that are loaded and not shown': (id) => ({
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Room { messages(last: 100) { nodes { number } } } } }',
    variables: { ids: sameRoom(90, id) },
  }),
  'errors of fields': () => ({ query: `{ ${repeat(20, (index) => `a${index}: room(code: "none") { id }`)} }` }),
}
