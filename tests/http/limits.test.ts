import { getIntrospectionQuery } from 'graphql'
import { describe, expect } from 'vitest'
import { limits } from '../../src/config/config.ts'
import { operationLimits } from '../../src/config/http.ts'
import { guest, post, type Server } from '../support/client.ts'
import { test } from '../support/server.ts'
import { codesOf, type Operation, transports } from '../support/transports.ts'

const times = (count: number, text: (index: number) => string) => Array.from({ length: count }, (_, i) => text(i))

/** Documents at a bound and one past it. */
const bounds: Record<string, readonly [fits: Operation, tooMuch: Operation]> = {
  tokens: [{ query: tokens(operationLimits.tokensMax) }, { query: tokens(operationLimits.tokensMax + 1) }],
  depth: [{ query: deep(operationLimits.depthMax) }, { query: deep(operationLimits.depthMax + 1) }],
  aliases: [{ query: aliased(operationLimits.aliasesMax) }, { query: aliased(operationLimits.aliasesMax + 1) }],
  'aliases in fragments': [
    { query: aliasedInFragments(operationLimits.aliasesMax) },
    { query: aliasedInFragments(operationLimits.aliasesMax + 1) },
  ],
  directives: [
    { query: directed(operationLimits.directivesMax) },
    { query: directed(operationLimits.directivesMax + 1) },
  ],
  'fields at the root': [
    { query: `{ ${times(operationLimits.rootFieldsMax, (i) => `a${i}: __typename`).join(' ')} }` },
    { query: `{ ${times(operationLimits.rootFieldsMax + 1, (i) => `a${i}: __typename`).join(' ')} }` },
  ],
  'mutations at the root': [
    { query: `mutation { ${times(operationLimits.rootFieldsMax, () => '__typename').join(' ')} }` },
    {
      query: `mutation { ... on Mutation { ${times(operationLimits.rootFieldsMax + 1, () => '__typename').join(' ')} } }`,
    },
  ],
  'page sizes': [{ query: page('100', '97') }, { query: page('100', '99') }],
  'page sizes in variables': [
    { query: sized(), variables: { rooms: 100, messages: 97 } },
    { query: sized(), variables: { rooms: 100, messages: 99 } },
  ],
  'page sizes in default values': [{ query: sized(100, 97) }, { query: sized(100, 99) }],
  'page sizes when none are given': [{ query: unsized(7) }, { query: unsized(8) }],
}

/** `{ nodes(ids: ["" "" …]) { id } }`: twelve tokens and one for each id. */
function tokens(count: number): string {
  return `{ nodes(ids: [${'"" '.repeat(count - 12)}]) { id } }`
}

/** Fields within each other, each spread from a fragment of its own. */
function deep(depth: number): string {
  const { open, close } = { open: 'lastMessage { room { ', close: '} } ' }
  const pairs = Math.floor((depth - 2) / 2)
  const leaf = depth % 2 === 0 ? 'id' : 'lastMessage { id }'
  return `{ room(code: "AAAAAAAA") { ${open.repeat(pairs)} ${leaf} ${close.repeat(pairs)} } }`
}

function aliased(count: number): string {
  return `{ server { ${times(count, (i) => `a${i}: name`).join(' ')} } }`
}

/** As many aliases as `aliased`, most of them in a fragment that is spread twice. */
function aliasedInFragments(count: number): string {
  const inFragment = times(Math.floor((count - 2) / 2), (i) => `a${i}: name`).join(' ')
  const rest = count % 2 === 1 ? 'z: __typename' : ''
  return `{ x: server { ...F } y: server { ...F } ${rest} } fragment F on Server { ${inFragment} }`
}

function directed(count: number): string {
  return `{ server { ${times(count, () => 'name @include(if: true)').join(' ')} } }`
}

function page(rooms: string, messages: string): string {
  return `{ viewer { memberships(first: ${rooms}) { nodes { room { messages(last: ${messages}) { nodes { id number } } } } } } }`
}

function sized(rooms?: number, messages?: number): string {
  const variable = (name: string, size?: number) => `$${name}: Int${size === undefined ? '' : ` = ${size}`}`
  return `query (${variable('rooms', rooms)}, ${variable('messages', messages)}) ${page('$rooms', '$messages')}`
}

/** 50 rooms with 50 messages each, and so many fields of each message. */
function unsized(fields: number): string {
  return `{ viewer { memberships { nodes { room { messages { nodes { ${'id '.repeat(fields)} } } } } } } }`
}

describe.for(Object.entries(transports))('over %s', ([, ask]) => {
  test.for(Object.entries(bounds))('an operation has bounded %s', async ([, [fits, tooMuch]], { one }) => {
    const ada = await guest(one)
    expect(codesOf(await ask(ada, fits))).not.toContain('OPERATION_TOO_COMPLEX')
    expect(codesOf(await ask(ada, tooMuch))).toEqual(['OPERATION_TOO_COMPLEX'])
  })

  test('what GraphiQL asks of the schema is answered', async ({ one }) => {
    expect(codesOf(await ask(await guest(one), { query: getIntrospectionQuery() }))).toEqual([])
  })

  test('fragments that spread themselves, or each other twice thirty times over, are refused at once', async ({
    one,
  }) => {
    const ada = await guest(one)
    const circle =
      '{ server { ...A } } fragment A on Server { limits { __typename } ...B } fragment B on Server { ...A }'
    expect(codesOf(await ask(ada, { query: circle }))).toEqual(expect.arrayContaining(['BAD_USER_INPUT']))
    const bomb = times(
      30,
      (i) =>
        `fragment F${i} on Room { lastMessage { room { ...F${i + 1} } } x: lastMessage { room { ...F${i + 1} } } }`,
    )
    const query = `{ room(code: "AAAAAAAA") { ...F0 } } ${bomb.join(' ')} fragment F30 on Room { id }`
    expect(codesOf(await ask(ada, { query }))).toEqual(['OPERATION_TOO_COMPLEX'])
  })
})

describe('a document that is expensive to check', () => {
  test.for([
    ['one field again and again', `{ ${'viewer { user { id } } '.repeat(280)} }`],
    ['a fragment that nobody spreads', `{ __typename } fragment F on Server { ${'a: name '.repeat(600)} }`],
    ['hundreds of operations', times(400, (i) => `query Q${i} { __typename }`).join(' ')],
    [
      'fragments in fragments',
      `{ ...F0 } ${times(250, (i) => `fragment F${i} on Query { ...F${i + 1} }`).join(' ')} fragment F250 on Query { __typename }`,
    ],
  ] as const)('%s is answered within a second', async ([, query], { one }) => {
    // a machine that is busy with other things may be slow once, but not each time
    const times: number[] = []
    for (const text of ['#1', '#2', '#3', '#4', '#5']) {
      const began = performance.now()
      await post(one, { query: `${query} ${text}` })
      times.push(performance.now() - began)
    }
    expect(Math.min(...times)).toBeLessThan(1_000)
  })
})

test('arguments that ask for more than a page do not hide what an operation costs', async ({ one }) => {
  const ada = await guest(one)
  for (const size of [1e9, 2 ** 31, 'many']) {
    const codes = codesOf(await ada.attempt(sized(), { rooms: size, messages: size }))
    expect(codes.length).toBe(1)
    expect(['BAD_USER_INPUT', 'OPERATION_TOO_COMPLEX']).toContain(codes[0])
  }
})

test('a list of ids counts for as many rows as it has', async ({ one }: { one: Server }) => {
  const ada = await guest(one)
  const query =
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Room { messages(last: 100) { nodes { id number body } } } } }'
  const ids = (count: number) => times(count, () => 'room_01h455vb4pex5vsknk084sn02q')
  expect(codesOf(await ada.attempt(query, { ids: ids(10) }))).toEqual([])
  expect(codesOf(await ada.attempt(query, { ids: ids(limits.nodesMax) }))).toEqual(['OPERATION_TOO_COMPLEX'])
})
