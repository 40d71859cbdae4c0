import { randomUUID } from 'node:crypto'
import {
  ApolloClient,
  ApolloLink,
  gql as apolloGql,
  CombinedGraphQLErrors,
  HttpLink,
  InMemoryCache,
} from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { fetchExchange, subscriptionExchange, Client as UrqlClient, gql as urqlGql } from '@urql/core'
import { type ClientOptions, createClient } from 'graphql-ws'
import { describe, expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { formatId } from '../../src/input/ids.ts'
import { type Client, guest, makeRoom, type Server, send } from '../support/client.ts'
import { createInbox } from '../support/inbox.ts'
import { test } from '../support/server.ts'

const messageAdded = `subscription Follow($roomId: ID!, $after: EventCursor) {
  messageAdded(roomId: $roomId, after: $after) { number body cursor }
}`
const sendMessage = `mutation Send($roomId: ID!, $body: String!) {
  sendMessage(input: { roomId: $roomId, body: $body }) { message { number body } }
}`

interface Added {
  messageAdded: { number: number; body: string; cursor: string }
}

const socketUrl = (server: Server) => `${server.url.replace('http', 'ws')}/graphql`
const nowhere = () => formatId('Room', randomUUID())

/** graphql-ws's own client, which counts its sockets and is disposed of at the end of the test. */
function connect(client: Client, options: Partial<ClientOptions> = {}) {
  const sockets: WebSocket[] = []
  const socketClient = createClient({
    url: socketUrl(client.server),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${client.token}` },
    ...options,
    on: { opened: (socket) => sockets.push(socket as WebSocket) },
  })
  onTestFinished(async () => {
    await socketClient.dispose()
  })
  return { socketClient, sockets }
}

const eventCursor = async (client: Client, roomId: string) => {
  const { room } = await client.call<{ room: { eventCursor: string } }>(
    'query ($roomId: ID!) { room(id: $roomId) { eventCursor } }',
    { roomId },
  )
  return room.eventCursor
}

describe('a graphql-ws client that advances its cursor', () => {
  test('has every message once and in order, although it is cut off again and again', async ({ one, two }) => {
    const ada = await guest(one, 'Ada')
    const bob = await guest(two, 'Bob')
    const roomId = await makeRoom(ada, [bob.at(one)])
    const total = 120
    const places = [one, two, two, one]
    const { socketClient, sockets } = connect(bob, {
      url: () => socketUrl(places[sockets.length % places.length] ?? one),
      retryAttempts: Number.POSITIVE_INFINITY,
      retryWait: () => Promise.resolve(),
    })
    const got: number[] = []
    const all = Promise.withResolvers<void>()
    const variables = { roomId, after: await eventCursor(bob, roomId) }
    const cutWhileSending: number[] = []
    // what one write brought may reach over two cuts: the second one then meets a socket that is cut already
    const cut = new Set<unknown>()
    let sent = 0
    socketClient.subscribe<Added>(
      { query: messageAdded, variables },
      {
        next({ data, errors }) {
          if (!data) return all.reject(new Error(JSON.stringify(errors)))
          variables.after = data.messageAdded.cursor
          got.push(data.messageAdded.number)
          if (got.length === total) all.resolve()
          else if (got.length % 15 === 0) {
            cutWhileSending.push(sent)
            cut.add(sockets.at(-1))
            sockets.at(-1)?.terminate()
          }
        },
        error: all.reject,
        complete: () => all.reject(new Error('the stream ended')),
      },
    )
    await expect.poll(() => sockets).toHaveLength(1)
    const write = async (author: Client) => {
      while (sent < total) {
        sent += 1
        await send(author, roomId, 'hi')
        // so that it is cut while they send, however slow it is
        await expect.poll(() => sent - got.length, { interval: 5 }).toBeLessThan(30)
      }
    }
    await Promise.all([write(ada), write(ada.at(two)), write(bob)])
    await all.promise
    // those that would come twice come before the fence
    const fence = await send(ada, roomId, 'fence')
    await expect.poll(() => got.at(-1)).toBe(fence.number)
    expect(got).toEqual(Array.from({ length: total + 1 }, (_, index) => index + 1))
    expect(sockets).toHaveLength(cut.size + 1)
    expect(cut.size).toBeGreaterThan(2)
    expect(cutWhileSending.filter((count) => count < total).length).toBeGreaterThan(2)
  })

  test('comes back when its server restarts, to another one', async ({ start, one }) => {
    const server = await start()
    const ada = await guest(one, 'Ada')
    const roomId = await makeRoom(ada)
    const { socketClient, sockets } = connect(ada, {
      url: () => socketUrl(sockets.length === 0 ? server : one),
      retryWait: () => Promise.resolve(),
    })
    const messages = createInbox<Added['messageAdded']>()
    const variables = { roomId, after: await eventCursor(ada, roomId) }
    socketClient.subscribe<Added>(
      { query: messageAdded, variables },
      {
        next({ data }) {
          if (!data) return
          variables.after = data.messageAdded.cursor
          messages.put(data.messageAdded)
        },
        error: messages.fail,
        complete: () => messages.fail('completed'),
      },
    )
    await send(ada, roomId, 'before')
    expect(await messages.take()).toMatchObject({ number: 1, body: 'before' })
    const closing = server.close()
    await send(ada, roomId, 'meanwhile')
    await closing
    await send(ada, roomId, 'after')
    expect(await messages.take()).toMatchObject({ number: 2, body: 'meanwhile' })
    expect(await messages.take()).toMatchObject({ number: 3, body: 'after' })
    expect(sockets).toHaveLength(2)
  })

  test('sees why a subscription is refused, on a socket that goes on', async ({ one }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    const { socketClient, sockets } = connect(ada)
    const good = socketClient.iterate<Added>({
      query: messageAdded,
      variables: { roomId, after: await eventCursor(ada, roomId) },
    })
    const bad = socketClient.iterate({ query: messageAdded, variables: { roomId: nowhere() } })
    const refused = await bad.next()
    expect(refused.value).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
    expect(await bad.next()).toMatchObject({ done: true })
    const first = good.next()
    await send(ada, roomId, 'still here')
    expect((await first).value).toMatchObject({ data: { messageAdded: { body: 'still here' } } })
    await good.return?.()
    expect(sockets).toHaveLength(1)
  })
})

describe('urql', () => {
  function makeUrql(client: Client) {
    const { socketClient, sockets } = connect(client)
    const urql = new UrqlClient({
      url: `${client.server.url}/graphql`,
      preferGetMethod: false,
      fetchOptions: { headers: { authorization: `Bearer ${client.token}` } },
      exchanges: [
        subscriptionExchange({
          forwardSubscription: ({ query = '', variables }) => ({
            subscribe: (sink) => ({
              unsubscribe: socketClient.subscribe(
                { query, variables: variables as Record<string, unknown> },
                {
                  ...sink,
                  next: (result) => sink.next(result as Parameters<typeof sink.next>[0]),
                },
              ),
            }),
          }),
        }),
        fetchExchange,
      ],
    })
    const follow = (roomId: string, after?: string) => {
      const results = createInbox<{ data?: Added; code: unknown }>()
      const { unsubscribe } = urql
        .subscription<Added>(urqlGql(messageAdded), { roomId, after })
        .subscribe(({ data, error }) => {
          results.put({ ...(data && { data }), code: error?.graphQLErrors[0]?.extensions.code })
        })
      onTestFinished(unsubscribe)
      return results
    }
    return { urql, sockets, follow }
  }

  test('sends over HTTP and follows over a socket, which a refused subscription leaves open', async ({ one }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    const { urql, sockets, follow } = makeUrql(ada)
    const messages = follow(roomId, await eventCursor(ada, roomId))
    expect(await follow(nowhere()).take()).toEqual({ code: 'NOT_FOUND' })
    const { data } = await urql.mutation(urqlGql(sendMessage), { roomId, body: 'from urql' }).toPromise()
    expect(data).toMatchObject({ sendMessage: { message: { number: 1, body: 'from urql' } } })
    expect(await messages.take()).toMatchObject({ data: { messageAdded: { number: 1, body: 'from urql' } } })
    expect(sockets).toHaveLength(1)
  })
})

describe('Apollo', () => {
  function makeApollo(client: Client) {
    const { socketClient, sockets } = connect(client)
    const apollo = new ApolloClient({
      cache: new InMemoryCache(),
      link: ApolloLink.split(
        ({ operationType }) => operationType === 'subscription',
        new GraphQLWsLink(socketClient),
        new HttpLink({ uri: `${client.server.url}/graphql`, headers: { authorization: `Bearer ${client.token}` } }),
      ),
    })
    onTestFinished(() => apollo.stop())
    const follow = (roomId: string, after?: string) => {
      const results = createInbox<{ data?: Added | undefined; code: unknown }>()
      const subscription = apollo
        .subscribe<Added>({ query: apolloGql(messageAdded), variables: { roomId, after } })
        .subscribe(({ data, error }) => {
          const code = CombinedGraphQLErrors.is(error) ? error.errors[0]?.extensions?.code : error
          results.put({ ...(data && { data }), code })
        })
      onTestFinished(() => subscription.unsubscribe())
      return results
    }
    return { apollo, sockets, follow }
  }

  test('sends over HTTP and follows over a socket, which a refused subscription leaves open', async ({ one }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    const { apollo, sockets, follow } = makeApollo(ada)
    const messages = follow(roomId, await eventCursor(ada, roomId))
    expect(await follow(nowhere()).take()).toEqual({ code: 'NOT_FOUND' })
    const { data } = await apollo.mutate({
      mutation: apolloGql(sendMessage),
      variables: { roomId, body: 'from Apollo' },
    })
    expect(data).toMatchObject({ sendMessage: { message: { number: 1, body: 'from Apollo' } } })
    expect(await messages.take()).toMatchObject({ data: { messageAdded: { number: 1, body: 'from Apollo' } } })
    expect(sockets).toHaveLength(1)
  })
})
