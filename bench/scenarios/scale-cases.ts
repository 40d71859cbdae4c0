// Operations on a place with many rows, and on the same with few.

import {
  cursorOf,
  type Extent,
  membersInSmall,
  messagesInCrowds,
  messagesInSmall,
  ownRooms,
  type Pair,
  type ScaleStage,
} from '../scale-seed.ts'
import type { SeededRoom, SeededUser } from '../seed.ts'

/** A GraphQL request of somebody. */
export interface Ask {
  readonly viewer: SeededUser
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** One operation, and the size of the places where it runs. */
export interface ScaleCase {
  readonly name: string
  /** Statements that it may take; absent where there is no such promise. */
  readonly statementsMax?: number
  /** Milliseconds that 95 of 100 may take at most; absent where there is no such promise. */
  readonly p95MsMax?: number
  /** The measured operation: a new one each time. */
  readonly large: () => Ask
  /** The same where there is little; absent where there is nothing to compare with. */
  readonly small?: () => Ask
  /** Preparation before each operation, which is not measured. */
  readonly before?: Pair<() => Ask>
}

const shown = (count: number) => count.toLocaleString('en')

/** Makes a case of what is asked of one room or another. */
function inBoth(rooms: Pair<SeededRoom>, ask: (room: SeededRoom, size: keyof Pair<unknown>) => Ask) {
  return { small: () => ask(rooms.small, 'small'), large: () => ask(rooms.large, 'large') }
}

/** Pages of 50 messages with what hangs on them. */
export function historyCases({ viewer, histories }: ScaleStage, { messages }: Extent): ScaleCase[] {
  const page = (args: string, head = '($id: ID!)') => `query ${head} { room(id: $id) { messages(${args}) { nodes {
    id number body createdAt author { id displayName } reactions { emoji count } attachments { id name bytes }
  } } } }`
  const sizes = { small: messagesInSmall, large: messages }
  const pages = {
    newest: { query: page('last: 50'), placeOf: () => null },
    middle: {
      query: page('first: 50, after: $place', '($id: ID!, $place: String)'),
      placeOf: (count: number) => cursorOf(count / 2 - 25),
    },
    oldest: { query: page('first: 50'), placeOf: () => null },
  }
  return Object.entries(pages).map(([name, { query, placeOf }]) => ({
    name: `history: the ${name} 50 of ${messagesInSmall} and of ${shown(messages)} messages`,
    statementsMax: 5,
    ...inBoth(histories, ({ id }, size) => ({ viewer, query, variables: { id, place: placeOf(sizes[size]) } })),
  }))
}

/** Operations of a member in a room of few and of many. */
export function crowdCases(
  { viewer, author, newcomer, crowds, middles }: ScaleStage,
  { members }: Extent,
): ScaleCase[] {
  const mutation = (name: string, fields: string) =>
    `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${fields} } }`
  const join = mutation('joinRoom', 'membership { joinedAt }')
  const leave = mutation('leaveRoom', 'roomId')
  const send = mutation('sendMessage', 'message { number }')
  const markRead = mutation('markRead', 'membership { lastReadNumber unreadCount }')
  const list = `query ($id: ID!, $place: String) { room(id: $id) { memberCount members(first: 5, after: $place) {
    nodes { role user { id displayName } }
  } } }`
  const status = 'query ($id: ID!) { room(id: $id) { messages(last: 50) { nodes { number status } } } }'
  const enter = (query: string) =>
    inBoth(crowds, ({ id }) => ({ viewer: newcomer, query, variables: { input: { roomId: id } } }))
  const read = { small: 0, large: 0 }
  const nextOf = (size: keyof typeof read) => {
    read[size] = Math.min(read[size] + 1, messagesInCrowds)
    return read[size]
  }
  const cases: ScaleCase[] = [
    { name: 'joinRoom', ...enter(join), before: enter(leave) },
    { name: 'leaveRoom', ...enter(leave), before: enter(join) },
    {
      name: 'sendMessage',
      ...inBoth(crowds, ({ id }) => ({
        viewer: author,
        query: send,
        variables: { input: { roomId: id, body: 'hello' } },
      })),
    },
    {
      name: 'markRead',
      ...inBoth(crowds, ({ id }, size) => ({
        viewer,
        query: markRead,
        variables: { input: { roomId: id, number: nextOf(size) } },
      })),
    },
    {
      name: 'the first 5 members',
      ...inBoth(crowds, ({ id }) => ({ viewer, query: list, variables: { id, place: null } })),
    },
    {
      name: '5 members from the middle on',
      ...inBoth(crowds, ({ id }, size) => ({
        viewer,
        query: list,
        variables: { id, place: cursorOf(...middles[size]) },
      })),
    },
    {
      name: 'the status of 50 messages',
      ...inBoth(crowds, ({ id }) => ({ viewer, query: status, variables: { id } })),
    },
  ]
  return cases.map((one) => ({ ...one, name: `${one.name}, of ${membersInSmall} and of ${shown(members)} members` }))
}

/** Lists of a viewer, and what is found among much. */
export function listCases({ viewer }: ScaleStage, { rooms, messages, users }: Extent): ScaleCase[] {
  const one = (
    name: string,
    query: string,
    { variables = {}, ...promises }: { variables?: Ask['variables']; statementsMax?: number; p95MsMax?: number } = {},
  ): ScaleCase => ({
    name,
    large: () => ({ viewer, query, variables }),
    ...promises,
  })
  const memberships = `{ viewer { memberships(first: ${ownRooms}) { nodes {
    unreadCount room { id name lastMessage { number body author { displayName } } }
  } } } }`
  const discover = `query ($filter: DiscoverRoomsFilter, $orderBy: RoomOrder) {
    discoverRooms(filter: $filter, orderBy: $orderBy, first: 50) { nodes { id name memberCount } }
  }`
  const find = 'query ($query: String!) { searchMessages(query: $query, first: 50) { nodes { number body } } }'
  const people = 'query ($search: String) { users(search: $search, first: 50) { nodes { username displayName } } }'
  const among = { rooms: `among ${shown(rooms)} rooms`, messages: `among ${shown(messages)} messages` }
  return [
    one(`${ownRooms} memberships with last message and unread count`, memberships, { statementsMax: 4 }),
    ...['MOST_ACTIVE', 'NEWEST', 'MOST_MEMBERS', 'NAME'].map((orderBy) =>
      one(`discoverRooms ${orderBy}, ${among.rooms}`, discover, { variables: { orderBy } }),
    ),
    ...Object.entries({
      'by a word of every fifth': 'chess',
      'with a typing error': 'Zagrep chess',
      'for what is nowhere': 'xylophone',
    }).map(([name, search]) =>
      one(`discoverRooms ${name}, ${among.rooms}`, discover, { variables: { filter: { search } } }),
    ),
    ...Object.entries({
      'a word of one': 'own77',
      'a word of one in a thousand': 'word77',
      'a word of all': 'papers',
      'a word of the older half': 'archive',
      'a phrase': '"hello word77"',
      'a phrase that is nowhere, of words of all': '"papers hello"',
      'what is nowhere': 'xylophone',
    }).map(([name, query]) =>
      one(`searchMessages for ${name}, ${among.messages}`, find, { variables: { query }, p95MsMax: 120 }),
    ),
    ...Object.entries({ 'a part of a name': 'abc', 'a beginning': 'pe' }).map(([name, search]) =>
      one(`users by ${name}, among ${shown(users)}`, people, { variables: { search } }),
    ),
  ]
}
