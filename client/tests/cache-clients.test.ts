import { ApolloClient, gql as apolloGql, InMemoryCache } from '@apollo/client'
import { cacheExchange, Client as UrqlClient } from '@urql/core'
import { buildSchema, type GraphQLInterfaceType } from 'graphql'
import { expect, onTestFinished } from 'vitest'
import { readText } from '../../tests/support/documents.ts'
import { test } from '../../tests/support/server.ts'
import type { Kabar } from '../src/api/kabar.ts'
import { kabarLink, kabarTypePolicies, possibleTypes } from '../src/apollo/index.ts'
import { kabarExchange } from '../src/urql/index.ts'
import { bodies, follow, makeGuest, makeRoom } from './setup/clients.ts'
import { createSockets } from './setup/sockets.ts'

test('the types of interfaces are those of schema.graphql', () => {
  const schema = buildSchema(readText('schema.graphql'))
  for (const [name, types] of Object.entries(possibleTypes)) {
    const real = schema.getPossibleTypes(schema.getType(name) as GraphQLInterfaceType).map((type) => type.name)
    expect([name, types.toSorted()]).toEqual([name, real.toSorted()])
  }
})

const historyQuery = `query History($id: ID!, $last: Int!, $before: String) {
  room(id: $id) {
    __typename id eventCursor
    messages(last: $last, before: $before) { nodes { __typename id number body } pageInfo { startCursor hasPreviousPage } }
  }
}`
const listQuery = `query List { viewer { memberships(first: 50) { nodes { unreadCount room { __typename id name } } } } }`
const eventsSubscription = `subscription Events($id: ID!, $after: EventCursor) {
  roomEvents(roomId: $id, after: $after) {
    __typename cursor
    ... on MessageSent { message { __typename id number body } }
    ... on MessageEdited { message { __typename id number body } }
  }
}`
const sendMutation = `mutation Send($id: ID!, $body: String!) {
  sendMessage(input: { roomId: $id, body: $body }) { message { __typename id number body } }
}`

interface History {
  room: {
    eventCursor: string
    messages: {
      nodes: { number: number; body: string }[]
      pageInfo: { startCursor: string | null; hasPreviousPage: boolean }
    }
  }
}
interface Event {
  roomEvents: { __typename: string; message?: { body: string } }
}

/** A page that uses one of the clients. */
interface Page {
  query<Data>(text: string, variables?: object): Promise<Data>
  mutate(text: string, variables: object): Promise<unknown>
  /** The whole result, whatever failed in it. */
  attempt(text: string, variables: object): Promise<{ data?: unknown; error?: Error | undefined }>
  subscribe(text: string, variables: object, next: (event: Event) => void): () => void
}

function urqlPage(kabar: Kabar): Page {
  const client = new UrqlClient({
    url: kabar.url,
    preferGetMethod: false,
    exchanges: [cacheExchange, kabarExchange(kabar)],
  })
  const dataOf = <Data>({ data, error }: { data?: Data; error?: Error | undefined }): Data => {
    if (error || !data) throw new Error(String(error), { cause: error })
    return data
  }
  return {
    query: async <Data>(text: string, variables: object = {}) =>
      dataOf(await client.query<Data>(text, variables, { requestPolicy: 'network-only' }).toPromise()),
    attempt: (text, variables) => client.query(text, variables).toPromise(),
    mutate: async (text, variables) => dataOf(await client.mutation(text, variables).toPromise()),
    subscribe(text, variables, next) {
      const { unsubscribe } = client.subscription<Event>(text, variables).subscribe(({ data }) => data && next(data))
      return unsubscribe
    },
  }
}

function apolloPage(kabar: Kabar): Page & { readonly cache: InMemoryCache } {
  const cache = new InMemoryCache({
    possibleTypes: Object.fromEntries(Object.entries(possibleTypes).map(([name, types]) => [name, [...types]])),
    typePolicies: kabarTypePolicies,
  })
  const client = new ApolloClient({ cache, link: kabarLink(kabar) })
  onTestFinished(() => client.stop())
  return {
    cache,
    async query<Data>(text: string, variables: object = {}) {
      const { data } = await client.query<Data>({ query: apolloGql(text), variables, fetchPolicy: 'network-only' })
      if (!data) throw new Error('no data')
      return data
    },
    attempt: (text, variables) => client.query({ query: apolloGql(text), variables, errorPolicy: 'all' }),
    mutate: (text, variables) => client.mutate({ mutation: apolloGql(text), variables }),
    subscribe(text, variables, next) {
      const subscription = client
        .subscribe<Event>({ query: apolloGql(text), variables })
        .subscribe(({ data }) => data && next(data))
      return () => subscription.unsubscribe()
    },
  }
}

for (const [name, makePage] of [
  ['urql', urqlPage],
  ['Apollo', apolloPage],
] as const) {
  test(`the same page with ${name} reads, sends, follows over a cut, and sees refusals with their codes`, async ({
    one,
  }) => {
    const sockets = createSockets()
    const ada = await makeGuest(one, 'Ada', { WebSocket: sockets.WebSocket })
    const bob = await makeGuest(one, 'Bob')
    const id = await makeRoom(ada, [bob])
    const bobs = follow(bob, id)
    for (const body of ['one', 'two', 'three']) await bobs.send({ body })
    const page = makePage(ada)
    const newest = await page.query<History>(historyQuery, { id, last: 2 })
    expect(newest.room.messages.nodes.map(({ body }) => body)).toEqual(['two', 'three'])
    const { startCursor } = newest.room.messages.pageInfo
    await page.query<History>(historyQuery, { id, last: 2, before: startCursor })
    const heard: string[] = []
    const stop = page.subscribe(eventsSubscription, { id, after: newest.room.eventCursor }, ({ roomEvents }) => {
      heard.push(roomEvents.message?.body ?? roomEvents.__typename)
    })
    onTestFinished(stop)
    await expect.poll(() => heard).toEqual(['Synced'])
    await page.mutate(sendMutation, { id, body: 'four' })
    await expect.poll(() => heard).toEqual(['Synced', 'four'])
    sockets.cut()
    const { id: messageId } = await bobs.send({ body: 'five' })
    await bobs.edit(messageId, 'five, edited')
    await expect.poll(() => heard.filter((what) => what !== 'Synced').at(-1)).toBe('five, edited')
    // the message as it is now, which may be later than its event
    expect(heard.filter((what) => what !== 'Synced')).toHaveLength(3)
    const list = await page.query<{ viewer: { memberships: { nodes: { unreadCount: number }[] } } }>(listQuery)
    expect(list.viewer.memberships.nodes).toMatchObject([{ unreadCount: 1 }])
    expect(bodies(bobs)).toEqual(['one', 'two', 'three', 'four', 'five, edited'])
    const cache = 'cache' in page ? page.cache : null
    if (cache instanceof InMemoryCache) {
      const kept = cache.readQuery<History>({ query: apolloGql(historyQuery), variables: { id, last: 2 } })
      expect(kept?.room.messages.nodes.map(({ body }) => body)).toEqual(['one', 'two', 'three'])
    }
    const refused = await page.mutate(sendMutation, { id, body: ' ' }).catch((error: unknown) => error)
    const { cause = refused } = refused as Error
    expect(JSON.stringify(cause)).toContain('BAD_USER_INPUT')
    const foreign = await makeRoom(bob, [])
    const partial = await page.attempt(
      'query ($id: ID!) { room(id: $id) { memberCount members { nodes { role } } } }',
      {
        id: foreign,
      },
    )
    expect(partial.data).toMatchObject({ room: { memberCount: 1, members: null } })
    expect(JSON.stringify(partial.error)).toContain('FORBIDDEN')
  })
}
