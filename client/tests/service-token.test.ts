// A program that was given an access token in place of a session, such as one that `kabar token` prints.

import { expect, onTestFinished } from 'vitest'
import { issueToken } from '../../src/auth/account-commands.ts'
import type { KabarServer } from '../../src/server.ts'
import { registered } from '../../tests/support/operators.ts'
import { test } from '../../tests/support/server.ts'
import type { Kabar } from '../src/api/kabar.ts'
import type { SessionStorage } from '../src/api/session.ts'
import { type ConnectOptions, connect } from '../src/node/connect.ts'
import { roomFeed } from '../src/node/feed.ts'
import { memorySession } from '../src/session/storage.ts'
import { bodies, bodyOf, follow, makeGuest, makeRoom } from './setup/clients.ts'
import { createSockets } from './setup/sockets.ts'

/** Makes a user, and connects as them with a token of a session of its own. */
async function connected(server: KabarServer, options: Partial<ConnectOptions> = {}) {
  const user = await registered(server)
  const token = await issueToken(server.parts, { username: user.name, seconds: 3_600 })
  const bot = await connect({ url: `${server.url}/graphql`, token, ...options })
  onTestFinished(() => bot.close())
  return { user, token, bot }
}

interface Current {
  viewer: { session: { id: string } }
}
const currentQuery = '{ viewer { session { id } } }'
const revocation = (sessionId: string) =>
  `mutation { revokeSession(input: { sessionId: "${sessionId}" }) { session { id } } }`
const state = ({ session }: Kabar) => session.getSnapshot()

test('a bot with a token is its user: it reads, sends and follows, over a cut too', async ({ one }) => {
  const sockets = createSockets()
  // a session that was kept before counts for nothing
  const sessionStorage = memorySession()
  await makeGuest(one, 'Somebody else', { sessionStorage })
  const { user, token, bot } = await connected(one, { sessionStorage, WebSocket: sockets.WebSocket })
  expect(state(bot)).toMatchObject({ status: 'signed-in', user: { id: user.userId, username: user.name } })
  const id = await makeRoom(bot)
  const heard: string[] = []
  const ended = new AbortController()
  onTestFinished(() => ended.abort())
  void (async () => {
    for await (const event of roomFeed(bot, id, { signal: ended.signal })) {
      if (event.__typename === 'MessageSent') heard.push(event.message.body)
    }
  })()
  const room = follow(bot, id)
  await expect.poll(() => room.getSnapshot().isLive).toBe(true)
  await room.send({ body: 'one' })
  sockets.cut()
  await room.send({ body: 'two' })
  await expect.poll(() => heard).toEqual(['one', 'two'])
  expect(bodies(room)).toEqual(['one', 'two'])
  expect(await bot.session.accessToken()).toBe(token)
})

test('a token that cannot be exchanged is used until the server refuses it', async ({ one }) => {
  let exchanges = 0
  const fetch: typeof globalThis.fetch = (input, init) => {
    if (bodyOf(init).includes('refreshSession')) exchanges += 1
    return globalThis.fetch(input, init)
  }
  const { user, token, bot } = await connected(one, { fetch })
  onTestFinished(bot.rooms.subscribe(() => {}))
  await expect.poll(() => bot.connection.getSnapshot().status).toBe('live')
  const { now } = Date
  onTestFinished(() => {
    Date.now = now
  })
  // over by the clock of this machine, which is wrong
  Date.now = () => now() + 86_400_000
  const { viewer: own } = await bot.query<Current>(currentQuery)
  Date.now = now
  // another session of the user ends, of which the stream tells
  const { viewer: other } = await user.call<Current>(currentQuery)
  await bot.mutate(revocation(other.session.id))
  expect(await bot.session.accessToken({ fresh: true })).toBe(token)
  expect(state(bot).status).toBe('signed-in')
  await bot.mutate(revocation(own.session.id))
  await expect.poll(() => state(bot)).toMatchObject({ status: 'signed-out', reason: 'expired' })
  expect(exchanges).toBe(0)
})

for (const { name, options, code } of [
  { name: 'that is none', options: { token: 'no token' }, code: 'UNAUTHENTICATED' },
  { name: 'for a server that is away', options: { url: 'http://127.0.0.1:1/graphql' }, code: 'NETWORK' },
]) {
  test(`a token ${name} ends in ${code}, and nothing of it stays`, async ({ one }) => {
    const kept = memorySession()
    let watchers = 0
    const sessionStorage: SessionStorage = {
      ...kept,
      watch() {
        watchers += 1
        return () => (watchers -= 1)
      },
    }
    const given = { url: `${one.url}/graphql`, token: 'x', sessionStorage, ...options }
    await expect(connect(given)).rejects.toMatchObject({ code })
    expect([watchers, kept.load()]).toEqual([0, null])
  })
}
