import { request } from 'node:http'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, expect } from 'vitest'
import type { KabarServer } from '../../src/server.ts'
import { guest, makeRoom, post, type Server } from '../support/client.ts'
import { openInitialised, upgradeStatus } from '../support/raw-socket.ts'
import { test } from '../support/server.ts'

describe('the routes beside GraphQL', () => {
  const get = (server: Server, path: string, headers = {}) =>
    fetch(server.url + path, { headers, redirect: 'manual' }).then(async (response) => ({
      status: response.status,
      type: response.headers.get('content-type'),
      location: response.headers.get('location'),
      text: await response.text(),
    }))

  test('in production a wrong name gets no hint of the right one', async ({ one, start }) => {
    const server = await start({ production: true, graphiql: false })
    const messageOf = async ({ url }: { url: string }) => {
      const { errors } = await post({ url }, { query: '{ viever { user { id } } }' })
      return errors?.[0]?.message
    }
    expect(await messageOf(one)).toBe('Cannot query field "viever" on type "Query". Did you mean "viewer" or "server"?')
    expect(await messageOf(server)).toBe('Cannot query field "viever" on type "Query".')
    const query =
      'subscription ($roomId: ID!, $role: MemberRole) { messageAdded(roomId: $roomId) { room { members(role: $role) { nodes { role } } } } }'
    const hintFor = async (asked: KabarServer) => {
      const ada = await guest(asked)
      const roomId = await makeRoom(ada)
      const socket = await openInitialised(asked, ada.token)
      socket.say({ id: '1', type: 'subscribe', payload: { query, variables: { roomId, role: 'OWNR' } } })
      return JSON.stringify(await socket.next()).includes('Did you mean')
    }
    expect([await hintFor(one), await hintFor(server)]).toEqual([true, false])
  })

  test('GraphiQL is served to browsers, and not in production', async ({ one, start }) => {
    const accept = { accept: 'text/html' }
    expect(await get(one, '/graphql', accept)).toMatchObject({ status: 200, type: 'text/html' })
    const server = await start({ production: true, graphiql: false })
    const page = await get(server, '/graphql', accept)
    expect(page.status).not.toBe(200)
    expect(page.text).not.toMatch(/<html|graphiql/i)
  })

  test.for(['/health', '/graphql/x', '/graphqlx', '/%2e%2e/etc/passwd', '/favicon.ico', '//', '///', '//graphql'])(
    '%s is not there',
    async (path, { one }) => {
      const url = new URL(one.url)
      const status = await new Promise((resolve, reject) => {
        request({ hostname: url.hostname, port: url.port, path }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
          .once('error', reject)
          .end()
      })
      expect(status).toBe(404)
      expect(await upgradeStatus(one, path)).toBe(404)
    },
  )

  test.for(['[', 'a b', 'a:b:c'])('a request to the host "%s" is refused without a trace', async (host, { one }) => {
    const { hostname, port } = new URL(one.url)
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.end(`GET /graphql?query={__typename} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      })
      socket.once('error', reject)
      buffer(socket).then((bytes) => resolve(String(bytes)), reject)
    })
    expect(text).toMatch(/^HTTP\/1.1 400 /)
    expect(text).not.toMatch(/at .*:\d+:\d+/)
  })

  test('an upgrade to anything but a WebSocket is answered as HTTP', async ({ one }) => {
    expect(await upgradeStatus(one, '/healthz', { upgrade: 'h2c' })).toBe(200)
  })

  test('the public keys are there, and no private one', async ({ one }) => {
    await guest(one)
    const { status, text } = await get(one, '/.well-known/jwks.json')
    const { keys } = JSON.parse(text) as { keys: Record<string, unknown>[] }
    expect(status).toBe(200)
    expect(keys.length).toBeGreaterThan(0)
    for (const key of keys) {
      expect(key).toMatchObject({ kid: expect.any(String), kty: expect.any(String) })
      expect(key).not.toHaveProperty('d')
    }
  })
})
