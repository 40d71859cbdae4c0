// The same page with urql and with Apollo, each with the cache settings of the package.

import { ApolloClient, gql as apolloGql, InMemoryCache, type TypedDocumentNode } from '@apollo/client'
import { Client as UrqlClient } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { expect, onTestFinished } from 'vitest'
import type { Kabar } from '../../src/api/kabar.ts'
import { addMessage, kabarLink, kabarTypePolicies, possibleTypes } from '../../src/apollo/index.ts'
import { kabarCacheSettings, kabarExchange } from '../../src/urql/index.ts'

const typed = <Data>(text: string): TypedDocumentNode<Data, Record<string, unknown>> => apolloGql(text)

const messageFields = '__typename id number body editedAt deletedAt'
/** A page of messages of a room: the newest, or those before a cursor. */
export const historyQuery = `query History($id: ID!, $last: Int!, $before: String) {
  room(id: $id) {
    __typename id eventCursor
    messages(last: $last, before: $before) {
      __typename nodes { ${messageFields} } pageInfo { __typename startCursor hasPreviousPage hasNextPage }
    }
  }
}`
/** Messages around a number. */
export const aroundQuery = `query Around($id: ID!, $around: Int!) {
  room(id: $id) { __typename id messages(around: $around, first: 3) { __typename nodes { ${messageFields} } } }
}`
/** The list of rooms. */
export const listQuery = `query List {
  viewer {
    __typename eventCursor
    memberships(first: 50) { __typename nodes { __typename id unreadCount room { __typename id name } } }
  }
}`
const viewerEvents = `subscription ViewerEvents($after: EventCursor) {
  viewerEvents(after: $after) { __typename cursor ... on RoomAdvanced { membership { __typename id unreadCount } } }
}`
const roomEvents = `subscription Events($id: ID!, $after: EventCursor) {
  roomEvents(roomId: $id, after: $after) {
    __typename cursor
    ... on MessageSent { message { ${messageFields} } }
    ... on MessageEdited { message { ${messageFields} } }
    ... on MessageDeleted { message { ${messageFields} } }
  }
}`
const sendMutation = `mutation Send($id: ID!, $body: String!) {
  sendMessage(input: { roomId: $id, body: $body }) { __typename message { ${messageFields} } }
}`
/** Marks a room as read. */
export const readMutation = `mutation Read($id: ID!, $number: Int!) {
  markRead(input: { roomId: $id, number: $number }) { __typename membership { __typename id unreadCount } }
}`

interface Message {
  readonly __typename: 'Message'
  readonly id: string
  readonly number: number
  readonly body: string
  readonly editedAt: string | null
  readonly deletedAt: string | null
}
/** The data of `historyQuery`. */
export interface History {
  room: {
    eventCursor: string
    messages: {
      nodes: Message[]
      pageInfo: { startCursor: string | null; hasPreviousPage: boolean; hasNextPage: boolean }
    }
  }
}
/** The data of `listQuery`. */
export interface List {
  viewer: { eventCursor: string; memberships: { nodes: { unreadCount: number; room: { name: string } }[] } }
}
interface Told {
  roomEvents: { __typename: string; message?: Message }
}
interface Sent {
  sendMessage: { __typename: 'SendMessagePayload'; message: Message }
}

/** A message that the server has not stored yet: after all others. */
const pending = (body: string): Message => {
  return { __typename: 'Message', id: 'pending', number: 2 ** 31 - 1, body, editedAt: null, deletedAt: null }
}

/** A page that uses one of the clients. What it shows is read from the cache alone. */
export interface Page {
  /** Asks the server, into the cache. */
  ask<Data>(text: string, variables?: object): Promise<Data>
  /** The whole result, whatever failed in it. */
  attempt(text: string, variables: object): Promise<{ data?: unknown; error?: Error | undefined }>
  mutate(text: string, variables: object): Promise<unknown>
  /** Sends a message, which is shown before the server answers. */
  send(id: string, body: string): Promise<unknown>
  followRoom(id: string, after: string): void
  followList(after: string): void
  read<Data>(text: string, variables?: object): Data | null | undefined
}

/** Makes the page with urql and Graphcache. */
export function urqlPage(kabar: Kabar): Page {
  const warnings: string[] = []
  const cache = cacheExchange({
    ...kabarCacheSettings,
    optimistic: {
      sendMessage: ({ input }) => ({
        __typename: 'SendMessagePayload',
        message: { ...pending((input as { body: string }).body) },
      }),
    },
    // without a whole schema it writes fields of all fragments, and warns of those that are not there
    logger: (severity, text) => severity !== 'debug' && !text.includes('`undefined`') && warnings.push(text),
  })
  const client = new UrqlClient({ url: kabar.url, preferGetMethod: false, exchanges: [cache, kabarExchange(kabar)] })
  onTestFinished(() => expect(warnings).toEqual([]))
  const dataOf = <Data>({ data, error }: { data?: Data; error?: Error | undefined }): Data => {
    if (error || !data) throw new Error(String(error), { cause: error })
    return data
  }
  const mutate = async (text: string, variables: object) => dataOf(await client.mutation(text, variables).toPromise())
  const subscribe = (text: string, variables: object) =>
    onTestFinished(client.subscription(text, variables).subscribe(() => {}).unsubscribe)
  return {
    ask: async <Data>(text: string, variables: object = {}) =>
      dataOf(await client.query<Data>(text, variables, { requestPolicy: 'network-only' }).toPromise()),
    attempt: (text, variables) => client.query(text, variables).toPromise(),
    mutate,
    send: (id, body) => mutate(sendMutation, { id, body }),
    followRoom: (id, after) => subscribe(roomEvents, { id, after }),
    followList: (after) => subscribe(viewerEvents, { after }),
    read: <Data>(text: string, variables: object = {}) => client.readQuery<Data>(text, variables)?.data,
  }
}

/** Makes the page with Apollo Client. */
export function apolloPage(kabar: Kabar): Page {
  const cache = new InMemoryCache({ possibleTypes, typePolicies: kabarTypePolicies })
  const client = new ApolloClient({ cache, link: kabarLink(kabar) })
  onTestFinished(() => client.stop())
  const mutate = (text: string, variables: object) => client.mutate({ mutation: apolloGql(text), variables })
  return {
    async ask<Data>(text: string, variables: object = {}) {
      const { data } = await client.query({
        query: typed<Data>(text),
        variables: { ...variables },
        fetchPolicy: 'network-only',
      })
      if (!data) throw new Error('no data')
      return data
    },
    attempt: (text, variables) => client.query({ query: apolloGql(text), variables, errorPolicy: 'all' }),
    mutate,
    send: (roomId, body) =>
      client.mutate({
        mutation: typed<Sent>(sendMutation),
        variables: { id: roomId, body },
        optimisticResponse: { sendMessage: { __typename: 'SendMessagePayload', message: pending(body) } },
        update: (own, { data }) => data && addMessage(own, { roomId, message: data.sendMessage.message }),
      }),
    followRoom(roomId, after) {
      const told = client.subscribe<Told>({ query: apolloGql(roomEvents), variables: { id: roomId, after } })
      const subscription = told.subscribe(({ data }) => {
        const { __typename, message } = data?.roomEvents ?? {}
        if (__typename === 'MessageSent' && message) addMessage(cache, { roomId, message })
      })
      onTestFinished(() => subscription.unsubscribe())
    },
    followList(after) {
      const told = client.subscribe({ query: apolloGql(viewerEvents), variables: { after } })
      const subscription = told.subscribe(() => {})
      onTestFinished(() => subscription.unsubscribe())
    },
    // with what the server has not answered yet
    read: <Data>(text: string, variables: object = {}) =>
      cache.readQuery<Data>({ query: apolloGql(text), variables: { ...variables } }, true),
  }
}
