import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { type Client, guest } from '../support/client.ts'
import { openInitialised } from '../support/raw-socket.ts'
import { test } from '../support/server.ts'
import { anyBytes, bodyOf, createUpload } from '../support/uploads.ts'

const variables = { input: { name: 'a.bin', mimeType: 'application/octet-stream', bytes: 4 } }

/** Asks for an upload with any headers, of which fetch would refuse some. */
async function uploadUrlOf(client: Client, headers: Record<string, string>, extra = {}): Promise<string> {
  const body = JSON.stringify({ query: createUpload, variables, ...extra })
  const answer = await new Promise<string>((resolve, reject) => {
    const asked = request(`${client.server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${client.token}`, ...headers },
    })
    asked.on('response', (response) => void text(response).then(resolve, reject))
    asked.on('error', reject)
    asked.end(body)
  })
  return new URL(JSON.parse(answer).data.createUpload.uploadUrl).origin
}

test.for([
  ['the host of the request', { host: 'chat.localhost:81' }, 'http://chat.localhost:81'],
  ['https, as the page says', { host: 'a.localhost', origin: 'https://a.localhost' }, 'https://a.localhost'],
  ['https, as a proxy says', { host: 'a.localhost', 'x-forwarded-proto': 'https, http' }, 'https://a.localhost'],
  [
    'http, as the page says',
    { host: 'a.localhost', origin: 'http://a.localhost', 'x-forwarded-proto': 'https' },
    'http://a.localhost',
  ],
  [
    'its own host for pages of others',
    { host: 'a.localhost:8', origin: 'http://localhost:5173' },
    'http://a.localhost:8',
  ],
  ['no other scheme', { host: 'a.localhost', 'x-forwarded-proto': 'javascript' }, 'http://a.localhost'],
] as const)('an upload URL begins with %s', async ([, headers, expected], { one }) => {
  const ada = await guest(one)
  expect(await uploadUrlOf(ada, headers)).toBe(expected)
  // beside the fast path
  expect(await uploadUrlOf(ada, headers, { operationName: '' })).toBe(expected)
})

test('a file is put to the very URL, also when it was asked for over a socket', async ({ one }) => {
  const ada = await guest(one)
  const socket = await openInitialised(one, ada.token)
  socket.say({ id: '1', type: 'subscribe', payload: { query: createUpload, variables } })
  const { payload } = (await socket.next()) as { payload: { data: { createUpload: { uploadUrl: string } } } }
  const { uploadUrl } = payload.data.createUpload
  expect(new URL(uploadUrl).origin).toBe(one.url)
  expect((await fetch(uploadUrl, { method: 'PUT', body: bodyOf(anyBytes(4)) })).status).toBe(204)
})

test('an upload URL begins with PUBLIC_URL where it is set', async ({ start }) => {
  const ada = await guest(await start({ media: { publicUrl: 'https://chat.example.org' } }))
  expect(await uploadUrlOf(ada, { host: 'localhost' })).toBe('https://chat.example.org')
})
