// Apollo Client with its normalised cache, pages in the style of Relay, and subscriptions over a socket.

import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { relayStylePagination } from '@apollo/client/utilities'
import type { Client as SocketClient } from 'graphql-ws'
import {
  type AroundData,
  aroundQuery,
  bodiesOf,
  edgeOf,
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
import { type MakePage, type PageOptions, pageSize } from './scenario.ts'

function createCache(): InMemoryCache {
  return new InMemoryCache({
    possibleTypes: {
      RoomEvent: ['MessageSent', 'Synced', 'ResyncRequired'],
      ViewerEvent: ['RoomAdvanced', 'Synced', 'ResyncRequired'],
    },
    typePolicies: {
      Viewer: { merge: true },
      Subscription: { fields: { roomEvents: { merge: false }, viewerEvents: { merge: false } } },
      // pages around a number stand beside the list
      Room: { fields: { messages: relayStylePagination((args) => (args?.around ? ['around'] : [])) } },
    },
  })
}

function createApollo({ url, socketUrl, accessToken, snippets, onClose }: PageOptions): ApolloClient {
  const socket = snippets.connect({ url: socketUrl, accessToken })
  const client = new ApolloClient({
    cache: createCache(),
    link: ApolloLink.split(
      ({ operationType }) => operationType === 'subscription',
      new GraphQLWsLink(socket as SocketClient),
      new HttpLink({ uri: url, fetch: snippets.fetchWith(accessToken) }),
    ),
  })
  onClose(() => {
    client.stop()
    return socket.dispose()
  })
  return client
}

/** Shows a message at the end of its room, unless it is there already. */
function append(cache: ApolloClient['cache'], roomId: string, message: MessageData): void {
  const variables = { id: roomId, last: pageSize }
  cache.updateQuery<PageData>({ query: gql(pageQuery), variables }, (page) => {
    if (!page || page.room.messages.edges.some(({ node }) => node.id === message.id)) return undefined
    const { messages } = page.room
    return { room: { ...page.room, messages: { ...messages, edges: [...messages.edges, edgeOf(message)] } } }
  })
}

/** The scenario's application with Apollo Client. */
export const apolloPage: MakePage = (options) => {
  const client = createApollo(options)
  const { cache } = client
  let roomId = ''
  const list = () => cache.readQuery<ListData>({ query: gql(listQuery) })?.viewer.memberships.edges ?? []
  const variables = () => ({ id: roomId, last: pageSize })
  // with what the server has not answered yet
  const page = () => cache.readQuery<PageData>({ query: gql(pageQuery), variables: variables() }, true)
  const ask = async <Data>(query: string, variables = {}): Promise<Data> => {
    const { data } = await client.query<Data>({ query: gql(query), variables, fetchPolicy: 'network-only' })
    if (!data) throw new Error('no data')
    return data
  }
  const follow = <Data>(query: string, variables: object, next: (data: Data) => void) => {
    const told = client.subscribe<Data>({ query: gql(query), variables: { ...variables } })
    told.subscribe(({ data }) => data && next(data))
  }

  return {
    async openList() {
      const { viewer } = await ask<ListData>(listQuery)
      // memberships in events are those of the list: the cache knows them by their ids
      follow(viewerEvents, { after: viewer.eventCursor }, () => {})
    },
    badges: () => Object.fromEntries(list().map(({ node }) => [node.room.name, node.unreadCount])),
    async openRoom(id) {
      roomId = id
      const { room } = await ask<PageData>(pageQuery, { id, last: pageSize })
      follow<RoomEventData>(roomEvents, { id, after: room.messages.eventCursor }, ({ roomEvents: { message } }) => {
        if (message) append(cache, id, message)
      })
    },
    shown: () => bodiesOf(page()?.room.messages.edges ?? []),
    async older() {
      const before = page()?.room.messages.pageInfo.startCursor
      const { room } = await ask<PageData>(pageQuery, { ...variables(), before })
      return room.messages.pageInfo.hasPreviousPage
    },
    async around(number) {
      return bodiesOf((await ask<AroundData>(aroundQuery, { id: roomId, number })).room.messages.edges)
    },
    async send(body) {
      await client.mutate<SendData>({
        mutation: gql(sendMutation),
        variables: { input: { roomId, body, nonce: body } },
        optimisticResponse: { sendMessage: { __typename: 'SendMessagePayload', message: pendingMessage(body) } },
        update: (own, { data }) => data && append(own, roomId, data.sendMessage.message),
      })
    },
    async markRead(number) {
      await client.mutate({ mutation: gql(readMutation), variables: { input: { roomId, number } } })
    },
  }
}
