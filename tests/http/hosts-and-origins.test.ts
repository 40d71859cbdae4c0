// Under which names a server is reached, and which pages may call.

import { request } from 'node:http'
import { hostname, networkInterfaces } from 'node:os'
import { pino } from 'pino'
import { describe, expect } from 'vitest'
import { ConfigError, readConfig } from '../../src/config/config.ts'
import type { KabarServer } from '../../src/server.ts'
import { guest } from '../support/client.ts'
import { upgradeStatus } from '../support/raw-socket.ts'
import { test } from '../support/server.ts'
import { announce, anyBytes, at } from '../support/uploads.ts'

interface Reply {
  status: number | undefined
  headers: Record<string, string | string[] | undefined>
  text: string
}

/** Sends a request with headers that fetch would not. */
function send(server: { url: string }, path: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(server.url)
    const sending = request({ host, port, path, method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.once('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    })
    sending.once('error', reject).end(body)
  })
}

/** Filters the log for refusals: this database also has warnings of its own. */
const refusals = (lines: string[]) =>
  lines.map((line): { msg: string } => JSON.parse(line)).filter(({ msg }) => msg.includes('refused'))

const query = JSON.stringify({ query: '{ __typename }' })
const json = { 'content-type': 'application/json' }

/** Each door of a server, and what it answers when the host is right. */
const doors: readonly [
  name: string,
  open: (server: KabarServer, host: string) => Promise<number | undefined>,
  status: number,
][] = [
  [
    'POST',
    async (server, host) =>
      (await send(server, '/graphql', { method: 'POST', headers: { ...json, host }, body: query })).status,
    200,
  ],
  [
    'GET',
    async (server, host) => (await send(server, '/graphql?query={__typename}', { headers: { host } })).status,
    200,
  ],
  [
    'an event stream',
    async (server, host) =>
      (await send(server, '/graphql?query={__typename}', { headers: { host, accept: 'text/event-stream' } })).status,
    200,
  ],
  [
    'a preflight',
    async (server, host) =>
      (await send(server, '/graphql', { method: 'OPTIONS', headers: { host, origin: `http://${host}` } })).status,
    204,
  ],
  [
    'GraphiQL',
    async (server, host) => (await send(server, '/graphql', { headers: { host, accept: 'text/html' } })).status,
    200,
  ],
  ['a WebSocket', async (server, host) => upgradeStatus(server, '/graphql', { host, origin: `http://${host}` }), 101],
  [
    'a file',
    async (server, host) => {
      const ada = await guest(server)
      const { uploadUrl } = await announce(ada, anyBytes(1))
      const { pathname, search } = new URL(at(ada, uploadUrl))
      return (await send(server, pathname + search, { method: 'PUT', headers: { host }, body: 'x' })).status
    },
    204,
  ],
  ['the pages', async (server, host) => (await send(server, '/favicon.none', { headers: { host } })).status, 404],
  [
    'the public keys',
    async (server, host) => (await send(server, '/.well-known/jwks.json', { headers: { host } })).status,
    200,
  ],
]

describe('a name that leads to the server is not its own by that (DNS rebinding)', () => {
  test.for(doors)('%s is refused under it, and not under a name of the server', async ([, open, status], { one }) => {
    const { port } = new URL(one.url)
    expect(await open(one, `evil.example:${port}`)).toBe(403)
    expect(await open(one, `localhost:${port}`)).toBe(status)
  })

  test('the refusal has a code and says what to do, and is logged', async ({ start }) => {
    const lines: string[] = []
    const server = await start({}, { log: pino({ level: 'warn' }, { write: (line) => lines.push(line) }) })
    const { text } = await send(server, '/graphql', { headers: { host: 'evil.example' } })
    const [error] = (JSON.parse(text) as { errors: { message: string; extensions: unknown }[] }).errors
    expect(error).toEqual({ message: expect.stringContaining('ALLOWED_HOSTS'), extensions: { code: 'FORBIDDEN' } })
    expect(refusals(lines)).toEqual([
      expect.objectContaining({ host: 'evil.example', msg: expect.stringContaining('ALLOWED_HOSTS') }),
    ])
    // nobody fills the disk of the log with it
    for (let count = 0; count < 100; count++) await send(server, '/', { headers: { host: `${count}.evil.example` } })
    expect(refusals(lines).length).toBeLessThan(50)
  })

  test('the health is told under any name', async ({ one }) => {
    for (const path of ['/healthz', '/readyz'])
      expect((await send(one, path, { headers: { host: 'kabar-1' } })).status).toBe(200)
  })

  test.for([
    ['localhost', 404],
    ['LOCALHOST.:4000', 404],
    ['chat.localhost', 404],
    ['127.0.0.1', 404],
    ['[::1]:4000', 404],
    ['192.168.1.5:4000', 404],
    [hostname(), 404],
    ['chat.example', 404],
    ['Chat.Example:443', 404],
    ['a.team.example', 404],
    ['team.example', 403],
    ['public.example', 404],
    ['chat.example.evil.example', 403],
    ['evilchat.example', 403],
    ['localhost.evil.example', 403],
    ['127.0.0.1.evil.example', 403],
  ] as const)('to the host %s the answer is %i', async ([host, status], { start }) => {
    const settings = { allowedHosts: ['chat.example', '*.team.example'] }
    const server = await start({ ...settings, media: { publicUrl: 'https://public.example/kabar' } })
    expect((await send(server, '/media/x', { headers: { host } })).status).toBe(status)
  })

  test('every name is allowed where the operator says so', async ({ start }) => {
    const server = await start({ allowedHosts: ['*'] })
    expect((await send(server, '/media/x', { headers: { host: 'any.example' } })).status).toBe(404)
  })
})

describe('the settings of origins and hosts', () => {
  test.for([
    ['https://chat.example', 'https://chat.example'],
    ['https://chat.example/', 'https://chat.example'],
    ['HTTPS://Chat.Example:443', 'https://chat.example'],
    ['http://chat.example:80/', 'http://chat.example'],
    ['https://chat.example:8443', 'https://chat.example:8443'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['capacitor://localhost', 'capacitor://localhost'],
    ['http://[::1]:3000/', 'http://[::1]:3000'],
  ] as const)('the origin %s is taken as %s', ([given, origin]) => {
    expect(readConfig({ ALLOWED_ORIGINS: given }).allowedOrigins).toEqual([origin])
  })

  test.for([
    '*',
    'null',
    'chat.example',
    'https://*.chat.example',
    'https://chat.example/app',
    'https://chat.example?a',
    'https://',
    'https://a:b@chat.example',
    'chat.example:443',
  ])('the origin %s is refused at the start, with its name', (given) => {
    const read = () => readConfig({ ALLOWED_ORIGINS: `https://good.example,${given}` })
    expect(read).toThrow(ConfigError)
    expect(read).toThrow(`"${given}" `)
  })

  test('hosts are names, and nothing else', () => {
    const read = (ALLOWED_HOSTS: string) => readConfig({ ALLOWED_HOSTS }).allowedHosts
    expect(read('Chat.Example., *.team.example,kabar-1')).toEqual(['chat.example', '*.team.example', 'kabar-1'])
    expect(read('*')).toEqual(['*'])
    for (const wrong of ['https://chat.example', 'chat.example:443', 'chat.example/', 'a b', '*.', 'chat*.example']) {
      expect(() => read(wrong)).toThrow(ConfigError)
    }
  })
})

const ownAddress = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address

describe('a page', () => {
  const production = { production: true, graphiql: false, media: { publicUrl: 'https://chat.example/kabar' } }

  test.for([
    ['of the origin of PUBLIC_URL', 'https://chat.example', 101],
    ['of another port of it', 'https://chat.example:8443', 403],
    ['of another scheme of it', 'http://chat.example', 403],
    ['of a name that begins like it', 'https://chat.exampl', 403],
    ['of this machine', 'http://localhost:3000', 403],
  ] as const)(
    '%s is answered in production, whatever host the proxy names: %s %i',
    async ([, origin, status], { start }) => {
      const server = await start(production)
      expect(await upgradeStatus(server, '/graphql', { host: '10.0.0.7:4000', origin })).toBe(status)
    },
  )

  test.skipIf(!ownAddress)(
    'of an address of this machine may call outside production, and in it not',
    async ({ one, start }) => {
      const origin = `http://${ownAddress}:5173`
      expect(await upgradeStatus(one, '/graphql', { origin })).toBe(101)
      expect(await upgradeStatus(await start(production), '/graphql', { origin })).toBe(403)
      expect(await upgradeStatus(one, '/graphql', { origin: 'http://192.0.2.77:5173' })).toBe(403)
    },
  )

  test.for([
    [`http://${hostname().toLowerCase()}:5173`, 101],
    [`http://${hostname().toLowerCase()}.local:5173`, 101],
    ['http://app.localhost:5173', 101],
    ['https://[::1]:5173', 101],
    ['http://localhost.example:5173', 403],
    ['http://localhost:5173/page', 403],
    ['http://localhost:5173@evil.example', 403],
  ] as const)('of %s is one of this machine, or not, by its name: %i', async ([origin, status], { one, start }) => {
    expect(await upgradeStatus(one, '/graphql', { origin })).toBe(status)
    expect(await upgradeStatus(await start(production), '/graphql', { origin })).toBe(403)
  })

  test('that is refused is logged with its reason, over HTTP and WebSocket', async ({ start }) => {
    const lines: string[] = []
    const server = await start(production, { log: pino({ level: 'warn' }, { write: (line) => lines.push(line) }) })
    const origin = 'https://other.example'
    await send(server, '/graphql', { method: 'POST', headers: { ...json, origin }, body: query })
    await upgradeStatus(server, '/graphql', { origin })
    const logged = expect.objectContaining({ origin, msg: expect.stringContaining('ALLOWED_ORIGINS') })
    expect(refusals(lines)).toEqual([logged, logged])
  })

  const asked = 'authorization,content-type,sentry-trace,baggage,traceparent,apollographql-client-name,x-requested-with'
  test.for([
    ['/graphql', 'POST'],
    ['/media/x', 'PUT'],
  ] as const)(
    'of an allowed origin may send the headers that tracing and clients add, to %s',
    async ([path, method], { one }) => {
      const preflight = (origin: string) =>
        send(one, path, {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': asked },
        })
      const { headers, status } = await preflight('http://localhost:3000')
      expect(status).toBe(204)
      expect(headers['access-control-allow-headers']).toBe(asked)
      expect(headers['access-control-allow-credentials']).not.toBe('true')
      expect((await preflight('https://evil.example')).headers['access-control-allow-headers']).toBeUndefined()
    },
  )

  test('may read the id of its request and when to try again', async ({ one }) => {
    const origin = 'http://localhost:3000'
    const answers = [
      send(one, '/graphql', {
        method: 'POST',
        headers: { ...json, origin, 'content-length': query.length.toString() },
        body: query,
      }),
      send(one, '/graphql?query={__typename}', { headers: { origin } }),
      send(one, '/media/x', { headers: { origin } }),
    ]
    for (const { headers } of await Promise.all(answers)) {
      expect(headers['access-control-expose-headers']).toMatch(/x-request-id.*retry-after/)
    }
  })
})

test('in production / and /graphql say in words what this is', async ({ start }) => {
  const server = await start({ production: true, graphiql: false, web: false })
  const accept = 'text/html,application/xhtml+xml,*/*;q=0.8'
  for (const [path, status] of [
    ['/', 200],
    ['/graphql', 406],
  ] as const) {
    const reply = await send(server, path, { headers: { accept } })
    expect(reply.status).toBe(status)
    expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(reply.text).toContain('This is a Kabar server')
  }
  expect((await send(server, '/', { method: 'POST' })).status).toBe(404)
})
