// Two subscriptions of one text may share an execution only where nothing but the place of their stream differs.

import { parse, validate } from 'graphql'
import { describe, expect } from 'vitest'
import { schema } from '../../src/api/schema.ts'
import { groupKeyOf } from '../../src/websocket/group-key.ts'
import { guest, makeRoom, send } from '../support/client.ts'
import { test } from '../support/server.ts'

const head = 'subscription ($room: ID!, $a: EventCursor, $b: String)'
const nested = '... on MemberJoined { membership { room { members(first: 1, after: $b) { nodes { role } } } } }'

/** Texts, the variable whose value differs, and whether they share all the same. */
const table: readonly [name: string, text: string, variable: string, shares: boolean][] = [
  ['the place of the root field', `${head} { roomEvents(roomId: $room, after: $a) { cursor ${nested} } }`, 'a', true],
  ['a nested place', `${head} { roomEvents(roomId: $room, after: $a) { cursor ${nested} } }`, 'b', false],
  [
    'a nested place, without one of the root',
    `${head.replace(', $a: EventCursor', '')} { roomEvents(roomId: $room) { cursor ${nested} } }`,
    'b',
    false,
  ],
  [
    'a nested place in a fragment that is defined first',
    `fragment F on RoomEvent { cursor ${nested} } ${head} { roomEvents(roomId: $room, after: $a) { ...F } }`,
    ...(['b', false] as const),
  ],
  [
    'the place of the root, with a fragment that is defined first',
    `fragment F on RoomEvent { cursor ${nested} } ${head} { roomEvents(roomId: $room, after: $a) { ...F } }`,
    ...(['a', true] as const),
  ],
  [
    'a nested place in a fragment that is defined last',
    `${head} { roomEvents(roomId: $room, after: $a) { ...F } } fragment F on RoomEvent { cursor ${nested} }`,
    ...(['b', false] as const),
  ],
  [
    'the place of a root field in a fragment',
    `fragment R on Subscription { roomEvents(roomId: $room, after: $a) { cursor ${nested} } } ${head} { ...R }`,
    ...(['a', true] as const),
  ],
  [
    'a nested place below a root field in a fragment',
    `fragment R on Subscription { roomEvents(roomId: $room, after: $a) { cursor ${nested} } } ${head} { ...R }`,
    ...(['b', false] as const),
  ],
  [
    'the place of a root field in an inline fragment',
    `${head} { ... on Subscription { events: roomEvents(roomId: $room, after: $a) { cursor ${nested} } } }`,
    ...(['a', true] as const),
  ],
  [
    'the place of a root field that is selected twice',
    `${head} { roomEvents(roomId: $room, after: $a) { cursor } ... { roomEvents(roomId: $room, after: $a) { ${nested} } } }`,
    ...(['a', true] as const),
  ],
  [
    'the place of a root field with an alias',
    `${head} { e: roomEvents(after: $a, roomId: $room) { at ${nested} } }`,
    'a',
    true,
  ],
  [
    'a place with a default',
    `subscription ($room: ID!, $a: EventCursor = null) { roomEvents(roomId: $room, after: $a) { cursor } }`,
    ...(['a', true] as const),
  ],
  [
    'one variable for the place of the root and for another thing',
    `subscription ($room: ID!, $a: String) { roomEvents(roomId: $room) { cursor ${nested.replace('$b', '$a')} } }`,
    ...(['a', false] as const),
  ],
  [
    'a nested place below an alias that is called as the root field',
    `${head} { e: roomEvents(roomId: $room, after: $a) { ... on MemberLeft { room { roomEvents: members(first: 1, after: $b) { nodes { role } } } } } }`,
    ...(['b', false] as const),
  ],
  [
    'the condition of a directive',
    'subscription ($room: ID!, $a: EventCursor, $c: Boolean!) { roomEvents(roomId: $room, after: $a) { cursor at @include(if: $c) } }',
    ...(['c', false] as const),
  ],
  [
    'the place beside the condition of a directive',
    'subscription ($room: ID!, $a: EventCursor, $c: Boolean!) { roomEvents(roomId: $room, after: $a) { cursor at @skip(if: $c) } }',
    ...(['a', true] as const),
  ],
  ['the room', `${head} { roomEvents(roomId: $room, after: $a) { cursor ${nested} } }`, 'room', false],
]

describe('subscriptions of one text', () => {
  for (const [name, text, variable, shares] of table) {
    test(`${shares ? 'share' : 'do not share'} where ${name} differs`, () => {
      const document = parse(text)
      expect(validate(schema, document)).toEqual([])
      const keyOf = (value: unknown) =>
        groupKeyOf({
          document,
          text,
          operationName: null,
          variables: { room: 'r', a: 'x', b: 'y', c: true, [variable]: value },
        })
      expect(keyOf('one') === keyOf('another')).toBe(shares)
    })
  }

  test('do not share where one variable is the place of the root and a nested one', () => {
    // no variable of the API fits both today: the rule must hold without that
    const text = 'subscription ($a: X) { roomEvents(after: $a) { room { members(after: $a) { role } } } }'
    const keyOf = (a: string) => groupKeyOf({ document: parse(text), text, operationName: null, variables: { a } })
    expect(keyOf('one')).not.toBe(keyOf('another'))
  })

  test('share by their own operation where a document has several', () => {
    const text = `subscription One($a: X, $b: X) { roomEvents(after: $a) { room { members(after: $b) { role } } } }
      subscription Two($a: X, $b: X) { messageAdded(after: $b) { body } }`
    const document = parse(text)
    const keyOf = (operationName: string, variables: object) =>
      groupKeyOf({ document, text, operationName, variables: { a: 1, b: 1, ...variables } })
    expect(keyOf('One', { b: 2 })).not.toBe(keyOf('One', { b: 3 }))
    expect(keyOf('One', {})).not.toBe(keyOf('Two', {}))
  })
})

test('two who differ in a nested place get each their own page', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const first = await send(ada, roomId, 'first')
  for (const body of ['second', 'third']) {
    await ada.call('mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }', {
      input: { roomId, body, replyToId: first.id },
    })
  }
  const page = `message { replies(first: 1, after: $after) { edges { cursor node { body } } } }`
  const query = `subscription ($roomId: ID!, $after: String) {
    roomEvents(roomId: $roomId) { __typename ... on MessageEdited { ${page} } }
  }`
  const { node } = await ada.call<{ node: { replies: { edges: { cursor: string }[] } } }>(
    'query ($id: ID!) { node(id: $id) { ... on Message { replies(first: 1) { edges { cursor } } } } }',
    { id: first.id },
  )
  const streams = [undefined, node.replies.edges[0]?.cursor].map((after) => ada.follow(query, { roomId, after }))
  for (const stream of streams) expect(await stream.nextData()).toMatchObject({ roomEvents: { __typename: 'Synced' } })
  await ada.call('mutation ($input: EditMessageInput!) { editMessage(input: $input) { message { id } } }', {
    input: { messageId: first.id, body: 'edited' },
  })
  const bodies = ['second', 'third']
  for (const [index, stream] of streams.entries()) {
    const edges = [{ node: { body: bodies[index] } }]
    expect(await stream.nextData()).toMatchObject({ roomEvents: { message: { replies: { edges } } } })
  }
})
