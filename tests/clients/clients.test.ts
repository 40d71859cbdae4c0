import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { openProxy } from '../../chaos/proxy.ts'
import { enter, freshName, password } from '../support/accounts.ts'
import { Client, guest, post } from '../support/client.ts'
import { test as base } from '../support/server.ts'
import { loadSnippets, type Snippets, type Tokens } from '../support/snippets.ts'
import { announce, anyBytes, bodyOf } from '../support/uploads.ts'
import { apolloPage } from './apollo.ts'
import { defaultSite, noNginx, type Site, shippedSite, startNginx } from './nginx.ts'
import { eventStreamPage, socketPage } from './plain.ts'
import { noRelay, relayPage } from './relay.ts'
import { type MakePage, pageSize, playScenario } from './scenario.ts'
import { urqlPage } from './urql.ts'

/** The clients, and what is in front of the server. */
const clients: { name: string; makePage: MakePage; site?: Site; missing?: false | string }[] = [
  { name: 'Apollo Client', makePage: apolloPage },
  { name: 'urql with graphcache and authExchange', makePage: urqlPage },
  { name: 'Relay', makePage: relayPage, missing: noRelay },
  { name: 'graphql-ws for everything, signed in as genql does', makePage: socketPage },
  { name: 'graphql-sse', makePage: eventStreamPage },
  {
    name: 'graphql-sse through nginx with its defaults',
    makePage: eventStreamPage,
    site: defaultSite,
    missing: noNginx,
  },
  { name: 'Apollo Client through the nginx of deploy/', makePage: apolloPage, site: shippedSite, missing: noNginx },
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
  const users: { ada: Client; tokens: Tokens }[] = []
  for (const _ of clients) {
    const username = freshName()
    const here = await enter(one, 'register', { username, password })
    const tokens: Tokens = await enter(brief, 'signIn', { username, password })
    const { accessToken: token, refreshToken, viewer } = here
    users.push({ ada: new Client(one, { token, refreshToken, userId: viewer.user.id, name: username }), tokens })
  }
  const query = '{ viewer { user { id } } }'
  const token = users.at(-1)?.tokens.accessToken
  await expect.poll(async () => (await post(brief, { query, token })).errors).toBeDefined()
  return users
})

/** Starts what is in front of a server. Returns the port that leads to it. */
async function behind(site: Site | undefined, serverPort: number): Promise<number> {
  if (!site) return serverPort
  const nginx = await startNginx(site, serverPort)
  onTestFinished(() => nginx.stop())
  return nginx.port
}

test.for(clients.map((client, index) => ({ ...client, index })))(
  '$name',
  async ({ makePage, site, missing, index }, { one, users, skip }) => {
    if (missing) skip(missing)
    const { ada, tokens } = users[index] ?? expect.fail('a user for each client')
    const proxy = await openProxy(await behind(site, Number(new URL(one.url).port)))
    onTestFinished(() => proxy.close())
    const url = `http://127.0.0.1:${proxy.port}/graphql`
    const saved: Tokens[] = []
    const accessToken = snippets.keepSession(url, tokens, (fresh) => saved.push(fresh))
    const page = await makePage({
      ...{ url, socketUrl: url.replace('http', 'ws'), accessToken, snippets, pageSize },
      onClose: (task) => onTestFinished(() => void task()),
    })
    const cut = () => {
      for (const connection of proxy.connections()) connection.cut()
    }
    await playScenario({ page, ada, bob: await guest(one, 'Bob'), front: { cut, delay: proxy.delay } })
    expect(saved).toHaveLength(1)
  },
)

test('nginx of deploy/ passes large uploads, and pages on its port', async ({ one, skip }) => {
  if (noNginx) skip(noNginx)
  const ada = await guest(one, 'Ada')
  const url = `http://127.0.0.1:${await behind(shippedSite, Number(new URL(one.url).port))}`
  const bytes = anyBytes(2_000_000)
  const { uploadUrl } = await announce(ada.at({ url }), bytes)
  expect(new URL(uploadUrl).origin).toBe(url)
  expect((await fetch(uploadUrl, { method: 'PUT', body: bodyOf(bytes) })).status).toBe(204)
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ query: '{ __typename }' }),
  })
  expect(await response.json()).toEqual({ data: { __typename: 'Query' } })
})
