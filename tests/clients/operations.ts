// The operations of the scenario. Relay has its own directives in them: see relay/.

/** The list of rooms, with the cursor to follow it from. */
export const listQuery = `query Rooms {
  viewer {
    __typename
    eventCursor
    memberships(first: 20) {
      __typename
      edges { __typename cursor node { __typename id unreadCount room { __typename id name } } }
      pageInfo { __typename endCursor hasNextPage }
    }
  }
}`

/** Events that change the list. */
export const viewerEvents = `subscription ViewerEvents($after: EventCursor) {
  viewerEvents(after: $after) {
    __typename
    cursor
    ... on RoomAdvanced { membership { __typename id unreadCount } }
  }
}`

const messageFields = '__typename id number body pageCursor'

/** A page of messages, the newest or the one before a cursor, with the cursor to follow the room from. */
export const pageQuery = `query Page($id: ID!, $last: Int!, $before: String) {
  room(id: $id) {
    __typename
    id
    messages(last: $last, before: $before) {
      __typename
      eventCursor
      edges { __typename cursor node { ${messageFields} } }
      pageInfo { __typename startCursor endCursor hasPreviousPage hasNextPage }
    }
  }
}`

/** The messages around a number. */
export const aroundQuery = `query Around($id: ID!, $number: Int!) {
  room(id: $id) { __typename id messages(around: $number, last: 5) { __typename edges { __typename cursor node { ${messageFields} } } } }
}`

/** Events of a room. */
export const roomEvents = `subscription RoomEvents($id: ID!, $after: EventCursor) {
  roomEvents(roomId: $id, after: $after) {
    __typename
    cursor
    ... on MessageSent { message { ${messageFields} } }
  }
}`

/** Sends a message. */
export const sendMutation = `mutation Send($input: SendMessageInput!) {
  sendMessage(input: $input) { __typename message { ${messageFields} } }
}`

/** Marks a room as read. */
export const readMutation = `mutation Read($input: MarkReadInput!) {
  markRead(input: $input) { __typename membership { __typename id unreadCount } }
}`

/** A message, as these operations select it. */
export interface MessageData {
  readonly __typename: 'Message'
  readonly id: string
  readonly number: number
  readonly body: string
  readonly pageCursor: string
}

/** An edge of a page of messages. */
export interface MessageEdgeData {
  readonly __typename: 'MessageEdge'
  readonly cursor: string
  readonly node: MessageData
}

/** The data of `pageQuery`. */
export interface PageData {
  readonly room: {
    readonly id: string
    readonly messages: {
      readonly eventCursor: string
      readonly edges: readonly MessageEdgeData[]
      readonly pageInfo: { readonly startCursor: string | null; readonly hasPreviousPage: boolean }
    }
  }
}

/** The data of `aroundQuery`. */
export interface AroundData {
  readonly room: { readonly messages: { readonly edges: readonly MessageEdgeData[] } }
}

/** The data of `listQuery`. */
export interface ListData {
  readonly viewer: {
    readonly eventCursor: string
    readonly memberships: {
      readonly edges: readonly { readonly node: MembershipData & { readonly room: { readonly name: string } } }[]
    }
  }
}

/** A membership, as these operations select it. */
export interface MembershipData {
  readonly id: string
  readonly unreadCount: number
}

/** The data of `viewerEvents`. */
export interface ViewerEventData {
  readonly viewerEvents: {
    readonly __typename: string
    readonly cursor: string
    readonly membership?: MembershipData | null
  }
}

/** The data of `roomEvents`. */
export interface RoomEventData {
  readonly roomEvents: { readonly __typename: string; readonly cursor: string; readonly message?: MessageData }
}

/** The data of `sendMutation`. */
export interface SendData {
  readonly sendMessage: { readonly __typename: 'SendMessagePayload'; readonly message: MessageData }
}

/** A message that is shown before the server has it: after all others. */
export function pendingMessage(body: string): MessageData {
  return { __typename: 'Message', id: `pending ${body}`, number: 2 ** 31 - 1, body, pageCursor: `pending ${body}` }
}

/** Tells whether the server has not answered yet. */
export function isPending({ id }: MessageData): boolean {
  return id.startsWith('pending ')
}

/** The edge of a message that came alone. */
export function edgeOf(node: MessageData): MessageEdgeData {
  return { __typename: 'MessageEdge', cursor: node.pageCursor, node }
}

/** The bodies of messages, in order of number. */
export function bodiesOf(edges: readonly MessageEdgeData[]): string[] {
  return edges.map(({ node }) => node.body)
}
