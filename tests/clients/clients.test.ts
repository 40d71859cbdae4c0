import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { openProxy } from '../../chaos/proxy.ts'
import { enter, freshName, password } from '../support/accounts.ts'
import { Client, guest, post } from '../support/client.ts'
import { test as base } from '../support/server.ts'
import { loadSnippets, type Snippets, type Tokens } from '../support/snippets.ts'
import { apolloPage } from './apollo.ts'
import { eventStreamPage, socketPage } from './plain.ts'
import { type MakePage, playScenario } from './scenario.ts'
import { urqlPage } from './urql.ts'

/** The clients, and what is in front of the server. */
const clients: { name: string; makePage: MakePage }[] = [
  { name: 'Apollo Client', makePage: apolloPage },
  { name: 'urql with graphcache and authExchange', makePage: urqlPage },
  { name: 'graphql-ws for everything, signed in as genql does', makePage: socketPage },
  { name: 'graphql-sse', makePage: eventStreamPage },
]

let snippets: Snippets
let remove = () => {}
beforeAll(async () => {
  const loaded = await loadSnippets<Snippets>(['kabar.js'])
  snippets = loaded.snippets
  remove = loaded.remove
})
afterAll(() => remove())

/** A user for each client, and the tokens of their last visit, which have run out. */
const test = base.extend('users', { scope: 'file' }, async ({ start, one }) => {
  const brief = await start({ accessTokenSeconds: 1 })
  const users = await Promise.all(
    clients.map(async () => {
      const username = freshName()
      const here = await enter(one, 'register', { username, password })
      const tokens: Tokens = await enter(brief, 'signIn', { username, password })
      const { accessToken: token, refreshToken, viewer } = here
      return { ada: new Client(one, { token, refreshToken, userId: viewer.user.id, name: username }), tokens }
    }),
  )
  const query = '{ viewer { user { id } } }'
  const token = users.at(-1)?.tokens.accessToken
  await expect.poll(async () => (await post(brief, { query, token })).errors).toBeDefined()
  return users
})

test.for(clients.map((client, index) => ({ ...client, index })))(
  '$name',
  async ({ makePage, index }, { one, users }) => {
    const { ada, tokens } = users[index] ?? expect.fail('a user for each client')
    const proxy = await openProxy(Number(new URL(one.url).port))
    onTestFinished(() => proxy.close())
    const url = `http://127.0.0.1:${proxy.port}/graphql`
    const saved: Tokens[] = []
    const accessToken = snippets.keepSession(url, tokens, (fresh) => saved.push(fresh))
    const page = await makePage({
      ...{ url, socketUrl: url.replace('http', 'ws'), accessToken, snippets },
      onClose: (task) => onTestFinished(() => void task()),
    })
    const cut = () => {
      for (const connection of proxy.connections()) connection.cut()
    }
    await playScenario({ page, ada, bob: await guest(one, 'Bob'), front: { cut, delay: proxy.delay } })
    expect(saved).toHaveLength(1)
  },
)
