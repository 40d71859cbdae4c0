// urql with its normalised cache, its exchange for tokens, and subscriptions over a socket.

import { Client, type CombinedError, fetchExchange, subscriptionExchange } from '@urql/core'
import { authExchange } from '@urql/exchange-auth'
import { type Cache, cacheExchange } from '@urql/exchange-graphcache'
import { relayPagination } from '@urql/exchange-graphcache/extras'
import { buildSchema, introspectionFromSchema } from 'graphql'
import { readText } from '../support/documents.ts'
import {
  type AroundData,
  aroundQuery,
  bodiesOf,
  edgeOf,
  isPending,
  type ListData,
  listQuery,
  type MessageData,
  type PageData,
  pageQuery,
  pendingMessage,
  type RoomEventData,
  readMutation,
  roomEvents,
  type SendData,
  sendMutation,
  viewerEvents,
} from './operations.ts'
import type { MakePage, PageOptions } from './scenario.ts'

/** Shows a message at the end of its room, unless it is there already. */
function append(cache: Cache, variables: { id: string; last: number }, message: MessageData): void {
  cache.updateQuery<PageData>({ query: pageQuery, variables }, (page) => {
    if (!page || page.room.messages.edges.some(({ node }) => node.id === message.id)) return page
    const { messages } = page.room
    // what comes from the server must not keep what is shown until it answers
    const others = messages.edges.filter(({ node }) => !isPending(node))
    return { room: { ...page.room, messages: { ...messages, edges: [...others, edgeOf(message)] } } }
  })
}

/** Types without an id are embedded in their parents. */
const embedded = ['Viewer', 'MembershipConnection', 'MembershipEdge', 'MessageConnection', 'MessageEdge', 'PageInfo']

const schema = introspectionFromSchema(buildSchema(readText('schema.graphql')))

const createCache = (last: number) =>
  cacheExchange({
    schema,
    keys: Object.fromEntries(embedded.map((name) => [name, () => null])),
    resolvers: { Room: { messages: relayPagination() } },
    optimistic: {
      sendMessage: ({ input }) => ({
        __typename: 'SendMessagePayload',
        message: pendingMessage((input as { body: string }).body),
      }),
    },
    updates: {
      Mutation: {
        sendMessage(result, { input }, cache) {
          const { roomId: id } = input as { roomId: string }
          append(cache, { id, last }, (result as unknown as SendData).sendMessage.message)
        },
      },
      Subscription: {
        roomEvents(result, { roomId }, cache) {
          const { message } = (result as unknown as RoomEventData).roomEvents
          if (message) append(cache, { id: roomId as string, last }, message)
        },
      },
    },
  })

const isRefused = ({ graphQLErrors }: CombinedError) =>
  graphQLErrors.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED')

function createUrql({ url, socketUrl, accessToken, snippets, pageSize, onClose }: PageOptions): Client {
  const socket = snippets.connect({ url: socketUrl, accessToken })
  onClose(() => socket.dispose())
  const auth = authExchange(async (utils) => {
    let token = await accessToken()
    return {
      addAuthToOperation: (operation) => utils.appendHeaders(operation, { authorization: `Bearer ${token}` }),
      didAuthError: isRefused,
      async refreshAuth() {
        token = await accessToken({ refused: token })
      },
    }
  })
  const subscriptions = subscriptionExchange({
    forwardSubscription: ({ query = '', variables = {} }) => ({
      subscribe: (sink) => ({
        unsubscribe: socket.subscribe({ query, variables: { ...variables } }, sink),
      }),
    }),
  })
  return new Client({
    url,
    preferGetMethod: false,
    exchanges: [createCache(pageSize), auth, fetchExchange, subscriptions],
  })
}

/** The scenario's application with urql. */
export const urqlPage: MakePage = (options) => {
  const client = createUrql(options)
  const { pageSize } = options
  let roomId = ''
  const list = () => client.readQuery<ListData>(listQuery, {})?.data?.viewer.memberships.edges ?? []
  const page = () => client.readQuery<PageData>(pageQuery, { id: roomId, last: pageSize })?.data?.room.messages
  const ask = async <Data>(query: string, variables = {}): Promise<Data> => {
    const { data, error } = await client.query<Data>(query, variables, { requestPolicy: 'network-only' }).toPromise()
    if (error || !data) throw error ?? new Error('no data')
    return data
  }
  const change = async (mutation: string, input: object) => {
    const { error } = await client.mutation(mutation, { input }).toPromise()
    if (error) throw error
  }
  const follow = (query: string, variables: object) => {
    const { unsubscribe } = client.subscription(query, variables).subscribe(() => {})
    options.onClose(unsubscribe)
  }

  return {
    async openList() {
      const { viewer } = await ask<ListData>(listQuery)
      // memberships in events are those of the list: the cache knows them by their ids
      follow(viewerEvents, { after: viewer.eventCursor })
    },
    badges: () => Object.fromEntries(list().map(({ node }) => [node.room.name, node.unreadCount])),
    async openRoom(id) {
      roomId = id
      const { room } = await ask<PageData>(pageQuery, { id, last: pageSize })
      follow(roomEvents, { id, after: room.messages.eventCursor })
    },
    shown: () => bodiesOf(page()?.edges ?? []),
    async older() {
      const before = page()?.pageInfo.startCursor
      await ask<PageData>(pageQuery, { id: roomId, last: pageSize, before })
      return page()?.pageInfo.hasPreviousPage ?? false
    },
    async around(number) {
      return bodiesOf((await ask<AroundData>(aroundQuery, { id: roomId, number })).room.messages.edges)
    },
    send: (body) => change(sendMutation, { roomId, body, nonce: body }),
    markRead: (number) => change(readMutation, { roomId, number }),
  }
}
