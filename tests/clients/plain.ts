// Clients without a cache: the application keeps what it shows itself.

import { createClient as createSseClient } from 'graphql-sse'
import { createClient as createSocketClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import {
  type AroundData,
  aroundQuery,
  bodiesOf,
  edgeOf,
  type ListData,
  listQuery,
  type MembershipData,
  type MessageEdgeData,
  type PageData,
  pageQuery,
  pendingMessage,
  type RoomEventData,
  readMutation,
  roomEvents,
  type SendData,
  sendMutation,
  type ViewerEventData,
  viewerEvents,
} from './operations.ts'
import { type MakePage, type Page, type PageOptions, pageSize } from './scenario.ts'

interface Variables {
  after?: string | undefined
  [name: string]: unknown
}

/** How operations reach the server. */
interface Transport {
  ask<Data>(query: string, variables?: Variables): Promise<Data>
  /** Follows a subscription over lost connections: `variables.after` goes on with each event. */
  follow<Data>(query: string, variables: Variables, next: (data: Data) => void): void
}

/** All operations over one socket, signed in as the client of genql does. */
export const socketPage: MakePage = (options) => {
  const { socketUrl, accessToken, onClose } = options
  let offered = ''
  let refused = ''
  const client = createSocketClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    lazy: false,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: () => Promise.resolve(),
    async connectionParams() {
      offered = await accessToken({ refused })
      return { headers: { Authorization: `Bearer ${offered}` } }
    },
    on: {
      closed(event) {
        if ((event as { code: number }).code === 4403) refused = offered
      },
    },
  })
  onClose(() => client.dispose())
  const ask: Transport['ask'] = async <Data>(query: string, variables?: Variables) => {
    for await (const answer of client.iterate<Data>({ query, ...(variables && { variables }) }))
      return dataOf<Data>(answer)
    throw new Error('no answer')
  }
  return createPage({
    ask,
    follow<Data>(query: string, variables: Variables, next: (data: Data) => void) {
      const sink = { error: () => {}, complete: () => {} }
      client.subscribe<Data>({ query, variables }, { ...sink, next: (answer) => next(goOn<Data>(answer, variables)) })
    },
  })
}

/** Operations over HTTP, and subscriptions as Server-Sent Events. */
export const eventStreamPage: MakePage = (options) => {
  const { url, accessToken, snippets, onClose } = options
  const fetchAs = snippets.fetchWith(accessToken)
  const client = createSseClient({
    url,
    retryAttempts: Number.POSITIVE_INFINITY,
    retry: () => Promise.resolve(),
    fetchFn: fetchAs,
  })
  onClose(() => client.dispose())
  return createPage({
    ask: async <Data>(query: string, variables?: Variables) =>
      dataOf<Data>(await post(options, fetchAs, { query, variables })),
    follow<Data>(query: string, variables: Variables, next: (data: Data) => void) {
      const sink = { error: () => {}, complete: () => {} }
      client.subscribe<Data>({ query, variables }, { ...sink, next: (answer) => next(goOn<Data>(answer, variables)) })
    },
  })
}

interface Answer<Data> {
  readonly data?: Data | null | undefined
  readonly errors?: readonly unknown[] | undefined
}

async function post(
  { url }: PageOptions,
  fetchAs: typeof fetch,
  body: { query: string; variables?: Variables | undefined },
): Promise<Answer<never>> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetchAs(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await response.json()) as Answer<never>
}

function dataOf<Data>({ data, errors }: Answer<Data>): Data {
  if (errors || !data) throw new Error(JSON.stringify(errors))
  return data
}

/** Takes an event: a reconnect goes on after it. */
function goOn<Data>(answer: Answer<Data>, variables: Variables): Data {
  const data = dataOf(answer)
  const [event] = Object.values(data as Record<string, { cursor: string }>)
  variables.after = event?.cursor
  return data
}

/** An application that keeps memberships and messages by their ids. */
function createPage({ ask, follow }: Transport): Page {
  const rooms = new Map<string, { name: string; membership: MembershipData }>()
  const messages = new Map<string, MessageEdgeData>()
  let roomId = ''
  let before: string | null = null
  const put = (edges: readonly MessageEdgeData[]) => {
    for (const edge of edges) messages.set(edge.node.id, edge)
  }
  const update = (membership: MembershipData) => {
    const known = rooms.get(membership.id)
    if (known) known.membership = membership
  }
  const readPage = async () => {
    const { room } = await ask<PageData>(pageQuery, { id: roomId, last: pageSize, before })
    put(room.messages.edges)
    before = room.messages.pageInfo.startCursor
    return room.messages
  }

  return {
    async openList() {
      const { viewer } = await ask<ListData>(listQuery)
      for (const { node } of viewer.memberships.edges) rooms.set(node.id, { name: node.room.name, membership: node })
      follow<ViewerEventData>(viewerEvents, { after: viewer.eventCursor }, ({ viewerEvents: event }) => {
        if (event.membership) update(event.membership)
      })
    },
    badges: () => Object.fromEntries([...rooms.values()].map(({ name, membership }) => [name, membership.unreadCount])),
    async openRoom(id) {
      roomId = id
      const { eventCursor } = await readPage()
      follow<RoomEventData>(roomEvents, { id, after: eventCursor }, ({ roomEvents: event }) => {
        if (event.message) put([edgeOf(event.message)])
      })
    },
    shown: () => bodiesOf([...messages.values()].sort((a, b) => a.node.number - b.node.number)),
    older: async () => (await readPage()).pageInfo.hasPreviousPage,
    async around(number) {
      const { room } = await ask<AroundData>(aroundQuery, { id: roomId, number })
      return bodiesOf(room.messages.edges)
    },
    async send(body) {
      const pending = pendingMessage(body)
      put([edgeOf(pending)])
      const { sendMessage } = await ask<SendData>(sendMutation, { input: { roomId, body, nonce: body } })
      messages.delete(pending.id)
      put([edgeOf(sendMessage.message)])
    },
    async markRead(number) {
      const { markRead } = await ask<{ markRead: { membership: MembershipData } }>(readMutation, {
        input: { roomId, number },
      })
      update(markRead.membership)
    },
  }
}
