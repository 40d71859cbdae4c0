// Plays the README: its shell commands, its operations, and the code that it gives to front ends.

import { spawn } from 'node:child_process'
import { gql } from '@apollo/client'
import { afterAll, beforeAll, describe, expect, onTestFinished, vi } from 'vitest'
import { WebSocket } from 'ws'
import { post, type Server } from '../support/client.ts'
import { codeBlocks, noShell, operation, readText } from '../support/documents.ts'
import { createInbox } from '../support/inbox.ts'
import { test } from '../support/server.ts'
import { type AccessToken, loadSnippets, type Sink, type Snippets, type Tokens } from '../support/snippets.ts'

interface RoomEvent {
  __typename: string
  cursor: string
  message?: { number: number; body: string }
}

type RoomEvents = { roomEvents: RoomEvent }

/** The modules for urql and Apollo, beside the one that all clients share. */
interface AllSnippets extends Snippets {
  createUrql(options: { url: string; socketUrl: () => string; accessToken: AccessToken }): {
    subscription(
      query: string,
      variables: object,
    ): { subscribe(next: Sink<RoomEvents>['next']): { unsubscribe(): void } }
  }
  createApollo(options: { url: string; socketUrl: () => string; accessToken: AccessToken }): {
    subscribe(options: { query: object; variables: object }): {
      subscribe(sink: Sink<RoomEvents>): { unsubscribe(): void }
    }
  }
}

const sockets: WebSocket[] = []
let snippets: AllSnippets
let remove = () => {}

beforeAll(async () => {
  vi.stubGlobal(
    'WebSocket',
    class extends WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args)
        sockets.push(this)
      }
    },
  )
  const loaded = await loadSnippets<AllSnippets>(['kabar.js', 'urql.js', 'apollo.js'])
  snippets = loaded.snippets
  remove = loaded.remove
})

afterAll(() => {
  vi.unstubAllGlobals()
  remove()
})

async function ask<Data>(server: Server, part: string, variables: object, token?: string): Promise<Data> {
  const { data, errors } = await post<Data>(server, { query: operation(part), variables: { ...variables }, token })
  if (errors || !data) throw new Error(`${part} failed: ${JSON.stringify(errors)}`)
  return data
}

const signIn = async (server: Server, displayName: string) =>
  (await ask<{ signInAsGuest: Tokens }>(server, 'mutation SignInAsGuest', { displayName })).signInAsGuest

interface Room {
  eventCursor: string
  messages: { nodes: { number: number; body: string }[] }
}

/** Two guests in a room that one of them made and the other joined by its code. */
async function meet(one: Server, two: Server) {
  const ada = await signIn(one, 'Ada')
  const bob = await signIn(two, 'Bob')
  const made = await ask<{ createRoom: { room: { code: string } } }>(one, 'createRoom', {}, ada.accessToken)
  const { code } = made.createRoom.room
  const joined = await ask<{ joinRoom: { room: { id: string } } }>(two, 'joinRoom', { code }, bob.accessToken)
  const roomId = joined.joinRoom.room.id
  return {
    bob,
    roomId,
    read: async (server: Server) =>
      (await ask<{ room: Room }>(server, 'query Room(', { roomId }, bob.accessToken)).room,
    say: (body: string) => ask(one, 'mutation Send(', { roomId, body, nonce: body }, ada.accessToken),
  }
}

const socketUrl = (server: Server) => `${server.url.replace('http', 'ws')}/graphql`
const query = () => operation('subscription RoomEvents')

/** How each client of the README follows a room. */
const follow: Record<string, (at: { url: string; socketUrl: () => string; accessToken: AccessToken }) => Follow> = {
  'graphql-ws': ({ socketUrl: url, accessToken }) => {
    const client = snippets.connect({ url, accessToken })
    onTestFinished(() => void client.dispose())
    return (variables, sink) => client.subscribe({ query: query(), variables }, sink)
  },
  urql: (at) => (variables, sink) => {
    const { unsubscribe } = snippets.createUrql(at).subscription(query(), variables).subscribe(sink.next)
    return unsubscribe
  },
  Apollo: (at) => (variables, sink) => {
    const options = { query: gql(query()), variables }
    const subscription = snippets.createApollo(at).subscribe(options).subscribe(sink)
    return () => subscription.unsubscribe()
  },
}

type Follow = (variables: { roomId: string; after: string }, sink: Sink<RoomEvents>) => () => void

describe.for(Object.keys(follow))('a front end with %s', (name) => {
  test('sees messages live, loses its connection, and comes back to another server without a gap', async ({
    one,
    two,
  }) => {
    const { bob, roomId, read, say } = await meet(one, two)
    const accessToken = snippets.keepSession(`${one.url}/graphql`, bob)
    const inbox = createInbox<RoomEvent>()
    let server: Server = one
    const start = follow[name]?.({ url: `${one.url}/graphql`, socketUrl: () => socketUrl(server), accessToken })
    const stop = start?.(
      { roomId, after: (await read(one)).eventCursor },
      {
        next: ({ data }) => data && inbox.put(data.roomEvents),
        error: inbox.fail,
        complete: () => inbox.fail(new Error('the stream is over')),
      },
    )
    onTestFinished(() => stop?.())
    const said = Array.from({ length: 30 }, (_, index) => `${index + 1} of ${name}`)
    const heard: RoomEvent[] = []
    const hear = async (count: number) => {
      while (heard.length < count) {
        const event = await inbox.take()
        if (event.__typename !== 'Synced') heard.push(event)
      }
    }

    for (const body of said.slice(0, 10)) await say(body)
    await hear(10)
    server = two
    const dropped = sockets.at(-1)
    dropped?.terminate()
    for (const body of said.slice(10, 20)) await say(body)
    await hear(20)
    expect(sockets.at(-1)).not.toBe(dropped)
    expect(sockets.at(-1)?.url).toBe(socketUrl(two))
    for (const body of said.slice(20)) await say(body)
    await hear(30)

    const history = (await read(two)).messages.nodes
    expect(history.map(({ number, body }) => [number, body])).toEqual(said.map((body, index) => [index + 1, body]))
    expect(heard.map(({ message }) => [message?.number, message?.body])).toEqual(
      said.map((body, index) => [index + 1, body]),
    )
  })
})

test('a session is refreshed once its token is refused, is kept, and says when it has ended', async ({ one }) => {
  const guest = await signIn(one, 'Ada')
  const url = `${one.url}/graphql`
  const old = { ...guest, accessToken: 'old' }
  const saved: Tokens[] = []
  const accessToken = snippets.keepSession(url, old, (tokens) => saved.push(tokens))
  const fetchAs = snippets.fetchWith(accessToken)
  const body = JSON.stringify({ query: '{ viewer { user { displayName } } }' })
  const headers = { 'content-type': 'application/json' }
  const ask = async () => (await fetchAs(url, { method: 'POST', headers, body })).json()
  const seen = { data: { viewer: { user: { displayName: 'Ada' } } } }
  expect(await Promise.all([ask(), ask()])).toEqual([seen, seen])
  expect(saved).toHaveLength(1)
  // a reload goes on with what was saved
  const again = snippets.keepSession(url, saved[0] ?? old, (tokens) => saved.push(tokens))
  expect(await again({ refused: saved[0]?.accessToken ?? '' })).toBe(saved[1]?.accessToken)
  const away = snippets.keepSession('http://127.0.0.1:1/graphql', old)
  expect(await away({ refused: 'old' })).toBe('old')
  const expired = snippets.keepSession(url, { ...old, refreshToken: 'none' })
  const client = snippets.connect({ url: () => socketUrl(one), accessToken: expired })
  onTestFinished(() => void client.dispose())
  const closed = await new Promise<unknown>((resolve) => {
    client.subscribe({ query: '{ __typename }', variables: {} }, { next: resolve, error: resolve, complete() {} })
  })
  expect(closed).toMatchObject({ message: 'Sign in again.' })
  await expect(expired()).rejects.toThrow('Sign in again.')
})

test('a front end whose session is ended elsewhere is told to sign in again', async ({ one, two }) => {
  const { bob, roomId, read } = await meet(one, two)
  const accessToken = snippets.keepSession(`${two.url}/graphql`, bob)
  const client = snippets.connect({ url: () => socketUrl(two), accessToken })
  onTestFinished(() => void client.dispose())
  const inbox = createInbox<RoomEvent>()
  const ended = Promise.withResolvers<unknown>()
  const variables = { roomId, after: (await read(two)).eventCursor }
  const next: Sink<RoomEvents>['next'] = ({ data }) => data && inbox.put(data.roomEvents)
  client.subscribe({ query: query(), variables }, { next, error: ended.resolve, complete() {} })
  expect(await inbox.take()).toMatchObject({ __typename: 'Synced' })
  await post(one, { query: 'mutation { signOut { session { id } } }', token: bob.accessToken })
  expect(await ended.promise).toMatchObject({ message: 'Sign in again.' })
})

test.skipIf(noShell)('the shell commands make a chat, and a dropped follower gets what it missed', async ({ one }) => {
  const shell = openShell()
  const [helpers = '', ...blocks] = codeBlocks(readText('README.md'), 'sh').filter((text) =>
    /\b(?:curl|ask|say)\b/.test(text),
  )
  shell.run(helpers.replace('http://localhost:4000', one.url))
  const [signIns = '', create = '', joins = '', follows = '', talks = '', cut = '', again = ''] = blocks
  for (const block of [signIns, create, joins, follows, talks]) shell.run(block)
  expect(await shell.nextMessage()).toMatchObject({ number: 1, body: 'Tea is ready.', author: { displayName: 'Ada' } })
  shell.run(cut)
  shell.run(again)
  expect(await shell.nextMessage()).toMatchObject({ number: 2, body: 'Are you still there?' })
  expect(await shell.nextMessage()).toMatchObject({ number: 3, body: 'I kept your cup warm.' })
  expect(blocks.length).toBe(7)
})

/** A shell that runs what it is given as if pasted, ended with all that it started at the end of the test. */
function openShell() {
  const child = spawn('bash', { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
  const inbox = createInbox<unknown>()
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    for (;;) {
      const [line, data] = /^data: (.+)\n/m.exec(output) ?? []
      if (line === undefined || data === undefined) return
      output = output.slice(output.indexOf(line) + line.length)
      const result = JSON.parse(data) as { data?: { messageAdded: unknown } }
      inbox.put(result.data?.messageAdded ?? result)
    }
  })
  child.on('error', inbox.fail)
  onTestFinished(async () => {
    const ended = new Promise((resolve) => child.once('close', resolve))
    if (child.pid) process.kill(-child.pid)
    await ended
  })
  return { run: (text: string) => child.stdin.write(text), nextMessage: inbox.take }
}
