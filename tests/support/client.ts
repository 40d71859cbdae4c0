import { randomUUID } from 'node:crypto'
import type { ResultOf } from '@graphql-typed-document-node/core'
import { createClient, type Client as SocketClient } from 'graphql-ws'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { graphql } from '../generated/index.ts'
import { patienceMs } from './patience.ts'

/** Where a server is reached. */
export interface Server {
  readonly url: string
}

/** An answer of a GraphQL server. */
export interface Answer<Data> {
  data?: Data | null
  errors?: { message: string; path?: readonly (string | number)[]; extensions: Record<string, unknown> }[]
}

type Variables = Record<string, unknown>

/** Sends one operation over HTTP and gives the whole answer, errors included. */
export async function post<Data>(
  server: Server,
  { query, variables, token }: { query: string; variables?: Variables | undefined; token?: string | null | undefined },
): Promise<Answer<Data>> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Answer<Data>
}

/** A user at a server. */
export class Client {
  readonly server: Server
  readonly token: string
  readonly refreshToken: string
  readonly userId: string
  readonly name: string

  constructor(server: Server, given: { token: string; refreshToken: string; userId: string; name: string }) {
    this.server = server
    this.token = given.token
    this.refreshToken = given.refreshToken
    this.userId = given.userId
    this.name = given.name
  }

  /** The same user in the same session at another server. */
  at(server: Server): Client {
    return new Client(server, this)
  }

  /** Runs an operation that must succeed. */
  async call<Data = Record<string, never>>(query: string, variables?: Variables): Promise<Data> {
    const { data, errors } = await this.attempt<Data>(query, variables)
    if (errors || !data) throw new Error(`${query}\nfailed: ${JSON.stringify(errors)}`)
    return data
  }

  /** Runs an operation and gives the whole answer. */
  attempt<Data = Record<string, unknown>>(query: string, variables?: Variables): Promise<Answer<Data>> {
    return post<Data>(this.server, { query, variables, token: this.token })
  }

  /** Runs an operation that must fail, and gives the code of its first error. */
  async fail(query: string, variables?: Variables): Promise<unknown> {
    const { data, errors } = await this.attempt(query, variables)
    if (!errors) throw new Error(`${query}\nsucceeded: ${JSON.stringify(data)}`)
    return errors[0]?.extensions.code
  }

  /** Follows a subscription on a socket of its own. */
  follow<Data = Record<string, unknown>>(query: string, variables?: Variables): Stream<Data> {
    return follow<Data>(this.server, { query, variables, token: this.token })
  }
}

const guestMutation = graphql(`
  mutation SignInGuest($name: String!) {
    signInAsGuest(input: { displayName: $name }) { accessToken refreshToken viewer { user { id } } }
  }
`)

/** Signs a new guest in. */
export async function guest(server: Server, name = `Guest ${randomUUID().slice(0, 8)}`): Promise<Client> {
  const query = guestMutation.toString()
  const { data, errors } = await post<ResultOf<typeof guestMutation>>(server, { query, variables: { name } })
  if (errors || !data) throw new Error(`no guest: ${JSON.stringify(errors)}`)
  const { accessToken: token, refreshToken, viewer } = data.signInAsGuest
  return new Client(server, { token, refreshToken, userId: viewer.user.id, name })
}

/** Makes an open room, and lets others join it. */
export async function makeRoom(owner: Client, members: readonly Client[] = [], name = 'Lobby'): Promise<string> {
  const { createRoom } = await owner.call<{ createRoom: { room: { id: string } } }>(
    'mutation ($name: String!) { createRoom(input: { name: $name, access: OPEN }) { room { id } } }',
    { name },
  )
  for (const member of members) await join(member, createRoom.room.id)
  return createRoom.room.id
}

/** Joins an open room. */
export async function join(member: Client, roomId: string): Promise<void> {
  await member.call('mutation ($roomId: ID!) { joinRoom(input: { roomId: $roomId }) { room { id } } }', { roomId })
}

const sendMutation = graphql(`
  mutation SendMessage($input: SendMessageInput!) {
    sendMessage(input: $input) { message { id number body cursor } }
  }
`)

/** A message as `send` gives it. */
export type SentMessage = ResultOf<typeof sendMutation>['sendMessage']['message']

/** Sends a message. */
export async function send(author: Client, roomId: string, body: string, nonce?: string): Promise<SentMessage> {
  const { sendMessage } = await author.call<ResultOf<typeof sendMutation>>(sendMutation.toString(), {
    input: { roomId, body, nonce },
  })
  return sendMessage.message
}

/** A stream: each item that arrives, and how it ended. */
export interface Stream<Data> {
  /** The next payload. Fails after a while, saying what did arrive. */
  next(): Promise<Answer<Data>>
  /** The data of the next payload, which must have no errors. */
  nextData(): Promise<Data>
  /** Resolves when the server has completed the stream. Fails after a while, or when something else comes. */
  ended(): Promise<void>
  /** Tells whether the server has completed the stream, whatever was not read yet. */
  isCompleted(): boolean
  /** The close code of the socket, once it is closed. */
  closed(): Promise<number>
  /** Stops it from this side. */
  stop(): void
  /** All items that have arrived. */
  readonly arrived: readonly Answer<Data>[]
}

/** Follows a subscription on a new socket, which is closed at the end of the test. */
function follow<Data>(
  server: Server,
  { query, variables, token }: { query: string; variables?: Variables | undefined; token?: string | undefined },
): Stream<Data> {
  const client = socketClient(server, token)
  const { sink, stream } = createStream<Data>()
  const stop = client.subscribe({ query, variables }, sink)
  client.on('closed', (event) => stream.closedWith((event as { code: number }).code))
  return Object.assign(stream, { stop })
}

/** A graphql-ws client that does not come back by itself, closed at the end of the test. */
function socketClient(server: Server, token?: string): SocketClient {
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...(token && { connectionParams: { authorization: `Bearer ${token}` } }),
  })
  onTestFinished(async () => {
    await client.dispose()
  })
  return client
}

function createStream<Data>() {
  const arrived: Answer<Data>[] = []
  let read = 0
  let end: 'completed' | { error: unknown } | null = null
  const waking = new Set<() => void>()
  const wakeAll = () => {
    for (const wake of waking) wake()
  }
  const closing = Promise.withResolvers<number>()

  async function waitFor<T>(what: string, look: () => T | undefined): Promise<T> {
    const deadline = performance.now() + patienceMs
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      const left = deadline - performance.now()
      if (left <= 0) throw new Error(`${what} did not come. What came: ${JSON.stringify({ arrived, end })}`)
      await new Promise<void>((resolve) => {
        const wake = () => {
          waking.delete(wake)
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(wake, left)
        waking.add(wake)
      })
    }
  }

  const sink = {
    next(payload: unknown) {
      arrived.push(payload as Answer<Data>)
      wakeAll()
    },
    error(error: unknown) {
      end ??= { error }
      wakeAll()
    },
    complete() {
      end ??= 'completed'
      wakeAll()
    },
  }
  const stream = {
    arrived,
    async next() {
      const payload = await waitFor('the next payload', () => {
        if (read < arrived.length) return arrived[read]
        if (end) throw new Error(`the stream ended: ${JSON.stringify(end)}. What came: ${JSON.stringify(arrived)}`)
        return undefined
      })
      read += 1
      return payload
    },
    async nextData() {
      const { data, errors } = await stream.next()
      if (errors || !data) throw new Error(`errors instead of data: ${JSON.stringify(errors)}`)
      return data
    },
    async ended() {
      await waitFor('the end', () => {
        if (read < arrived.length) throw new Error(`not the end: ${JSON.stringify(arrived.slice(read))}`)
        return end ?? undefined
      })
      if (end !== 'completed') throw new Error(`ended with ${JSON.stringify(end)}`)
    },
    isCompleted: () => end === 'completed',
    closed: () => closing.promise,
    closedWith: closing.resolve,
  }
  return { sink, stream }
}
