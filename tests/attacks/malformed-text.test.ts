// Bytes that are not UTF-8, and halves of surrogate pairs: refused by every transport, and never kept as U+FFFD.

import { connect } from 'node:net'
import { describe, expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type Client, guest, makeRoom } from '../support/client.ts'
import { test } from '../support/members.ts'

const mutation = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id body } } }'

/** Byte sequences that are not UTF-8: a lone byte, a cut sequence, one that is too long, a surrogate, too high a number. */
const malformed = ['ff', 'c3', 'c0af', 'eda080', 'f4908080'].map((hex) => Buffer.from(hex, 'hex'))

/** The JSON of a send whose text holds these bytes. */
function requestBytes(roomId: string, bytes: Buffer, field: 'body' | 'nonce' = 'body'): Buffer {
  const input = { roomId, body: 'hello', [field]: 'a§b' }
  const [before = '', after = ''] = JSON.stringify({ query: mutation, variables: { input } }).split('§')
  return Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)])
}

/** Ways in which an operation comes over HTTP: past Yoga, by it, and without a length. */
const ways: Record<string, (client: Client, body: Buffer) => Promise<Response>> = {
  'in one piece': (client, body) => post(client, body, {}),
  'by a client of streams': (client, body) => post(client, body, { accept: 'text/event-stream, application/json' }),
  'in chunks': (client, body) => post(client, new Blob([new Uint8Array(body)]).stream(), {}),
}

function post({ server, token }: Client, body: Buffer | ReadableStream, headers: Record<string, string>) {
  return fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: body instanceof ReadableStream ? body : new Uint8Array(body),
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  })
}

describe.for(Object.keys(ways))('a body that is not UTF-8, sent %s,', (way) => {
  test('is refused with 400, and what is UTF-8 is kept as it is', async ({ one, db }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    for (const bytes of malformed) {
      for (const field of ['body', 'nonce'] as const) {
        const response = await ways[way]?.(ada, requestBytes(roomId, bytes, field))
        expect(await response?.json()).toMatchObject({
          errors: [{ message: 'The body is not valid UTF-8.', extensions: { code: 'BAD_USER_INPUT' } }],
        })
        expect(response?.status).toBe(400)
      }
    }
    expect(await db.message.count({ where: { body: { contains: '\uFFFD' } } })).toBe(0)
    const response = await ways[way]?.(ada, requestBytes(roomId, Buffer.from('é😀')))
    expect(await response?.text()).toContain('aé😀b')
  })
})

test('a URL that is not UTF-8 is refused', async ({ one }) => {
  const { status, body } = await get(one.url, '/graphql?query=%7B__typename%7D&operationName=%FF')
  expect({ status, body }).toMatchObject({ status: 400, body: expect.stringContaining('not valid UTF-8') })
})

/** Asks for a path as it is written. */
function get(url: string, path: string): Promise<{ status: number; body: string }> {
  const { hostname, port, host } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\nConnection: close\r\n\r\n`)
    })
    let text = ''
    socket.setEncoding('latin1').on('data', (part) => (text += part))
    socket.once('error', reject)
    socket.once('close', () => resolve({ status: Number(text.split(' ')[1]), body: text }))
  })
}

describe('over a socket', () => {
  async function open({ server, token }: Client) {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    onTestFinished(() => socket.terminate())
    socket.on('error', () => {}) // what fails also closes
    const closed = new Promise<number>((resolve) => socket.once('close', resolve))
    const acknowledged = new Promise((resolve) => socket.once('message', resolve))
    await new Promise((resolve) => socket.once('open', resolve))
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
    await acknowledged
    return { socket, closed }
  }

  test.for([
    ['text', false, [1007]],
    ['bytes', true, [1003, 1007, 4400]],
  ] as const)('a frame of %s that is not UTF-8 ends the connection', async ([, binary, codes], { one, db }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    for (const bytes of malformed) {
      const { socket, closed } = await open(ada)
      const payload = requestBytes(roomId, bytes)
      const frame = Buffer.concat([Buffer.from('{"id":"1","type":"subscribe","payload":'), payload, Buffer.from('}')])
      socket.send(frame, { binary })
      expect(codes).toContain(await closed)
    }
    expect(await db.message.count({ where: { body: { contains: '\uFFFD' } } })).toBe(0)
  })
})

/** Halves of surrogate pairs, as JSON and GraphQL can write them. */
const halves = ['\\ud800', '\\udc00', '\\ude00\\ud83d', 'a\\ud83d']

test.for(['body', 'nonce', 'roomId'])('half a surrogate pair in %s is refused', async (field, { one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  for (const half of halves) {
    const text = JSON.stringify({ query: mutation, variables: { input: { roomId, body: 'hello', [field]: '§' } } })
    const response = await post(ada, Buffer.from(text.replace('§', half)), {})
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
  }
})

test('half a surrogate pair in a document is refused', async ({ one }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  for (const half of halves) {
    const literal = (text: string) =>
      `mutation { sendMessage(input: { roomId: "${roomId}", body: "${text}" }) { message { body } } }`
    expect(await ada.fail(literal(half))).toBe('BAD_USER_INPUT')
    const raw = JSON.parse(`"${half}"`) as string
    expect(await ada.fail(literal(raw))).toBe('BAD_USER_INPUT')
  }
})
