// The control of the lab is for its own page alone, and there is none without a lab.

import { request } from 'node:http'
import { describe, expect } from 'vitest'
import WebSocket from 'ws'
import { openFront } from '../../lab/front.ts'
import { ConfigError, readConfig } from '../../src/config/config.ts'
import { test as base } from '../support/server.ts'

interface Reply {
  readonly status: number | undefined
  readonly headers: Record<string, string | string[] | undefined>
  readonly text: string
}

const never = async () => {
  throw new Error('no server is disturbed here')
}

const test = base
  .extend('lab', { scope: 'file' }, async ({ start }) => start({ lab: true }))
  .extend('front', { scope: 'file' }, async ({ lab: { url } }, { onCleanup }) => {
    const front = await openFront({ port: 0, server: { url, kill: never, mark: never, rollBack: never } })
    onCleanup(() => front.close())
    const { port } = new URL(front.url)
    const text = await (await fetch(`http://127.0.0.1:${port}/lab/control`)).text()
    return { port, token: (JSON.parse(text) as { token: string }).token }
  })

/** Sends a request with headers that fetch would not. */
function send(port: string, path: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sending = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.once('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    })
    sending.once('error', reject).end(body)
  })
}

const cut = JSON.stringify({ fault: 'cut', side: 'left' })

/** The request of the page itself, with which nothing is wrong. */
const own = (port: string, token: string) => ({
  ...{ host: `localhost:${port}`, origin: `http://localhost:${port}`, 'x-lab-token': token },
  'sec-fetch-site': 'same-origin',
  'content-length': String(cut.length),
})

describe('the control of the lab', () => {
  test('does what its own page asks', async ({ front: { port, token } }) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql?side=left`, 'graphql-transport-ws')
    const other = new WebSocket(`ws://127.0.0.1:${port}/graphql?side=right`, 'graphql-transport-ws')
    await Promise.all([socket, other].map((each) => new Promise((resolve) => each.once('open', resolve))))
    const closed = new Promise((resolve) => socket.on('error', () => {}).once('close', resolve))
    const reply = await send(port, '/lab/control', { method: 'POST', headers: own(port, token), body: cut })
    expect(reply.status).toBe(204)
    expect(await closed).toBe(1006)
    expect(other.readyState).toBe(WebSocket.OPEN)
    other.terminate()
  })

  test.for<[name: string, wrong: Record<string, string>, status: number, body?: string]>([
    ['a foreign origin', { origin: 'https://evil.example' }, 403],
    ['another port of this machine', { origin: 'http://localhost:1' }, 403],
    ['a sandboxed frame', { origin: 'null' }, 403],
    ['a name that leads here', { host: 'evil.example', origin: 'http://evil.example' }, 403],
    ['a sibling site', { 'sec-fetch-site': 'same-site' }, 403],
    ['no token', { 'x-lab-token': '' }, 403],
    ['another token', { 'x-lab-token': 'A'.repeat(43) }, 403],
    ['a long body', { 'content-length': '257' }, 413, `${cut}${' '.repeat(257 - cut.length)}`],
    ['another fault', {}, 400, cut.replace('cut', 'bit')],
    ['a copy put back that was not taken', { 'content-length': '20' }, 409, '{"fault":"rollBack"}'],
  ])('refuses %s', async ([, wrong, status, body = cut], { front: { port, token } }) => {
    const headers = { ...own(port, token), ...wrong }
    expect((await send(port, '/lab/control', { method: 'POST', headers, body })).status).toBe(status)
  })

  test('gives its token to its own page alone', async ({ front: { port, token } }) => {
    const read = (headers: Record<string, string>) => send(port, '/lab/control', { headers })
    const reply = await read({ host: `localhost:${port}` })
    expect(reply.text).toContain(token)
    expect(reply.headers['access-control-allow-origin']).toBeUndefined()
    expect(reply.headers['cross-origin-resource-policy']).toBe('same-origin')
    for (const wrong of [
      { host: `evil.example:${port}` },
      { host: `localhost:${port}`, origin: 'http://localhost:1' },
      { host: `localhost:${port}`, 'sec-fetch-site': 'cross-site' },
    ]) {
      const refused = await read(wrong)
      expect([refused.status, refused.text], JSON.stringify(wrong)).toEqual([403, ''])
    }
    const preflight = await send(port, '/lab/control', { method: 'OPTIONS', headers: { origin: 'http://localhost:1' } })
    expect([preflight.status, preflight.headers['access-control-allow-headers']]).toEqual([403, undefined])
  })
})

test('a server has no lab unless told so, and never the control', async ({ one, lab }) => {
  const html = { accept: 'text/html' }
  const statusOf = async ({ url }: { url: string }, path: string, method = 'GET') =>
    (await send(new URL(url).port, path, { method, headers: html })).status
  for (const path of ['/lab', '/lab/', '/lab/control', '/assets/lab-page-x.js']) {
    expect(await statusOf(one, path), path).toBe(404)
  }
  // 503 before the pages are built
  expect([200, 503]).toContain(await statusOf(lab, '/lab'))
  for (const server of [one, lab]) expect(await statusOf(server, '/lab/control', 'POST')).toBe(404)
})

test('production refuses a lab', () => {
  expect(() => readConfig({ LAB: 'true', NODE_ENV: 'production' })).toThrow(ConfigError)
  expect(readConfig({ NODE_ENV: 'production' }).lab).toBe(false)
})
