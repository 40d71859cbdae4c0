// GraphQL over HTTP: operations by POST, GET and as event streams, and requests that no client sends.

import type { Random } from '../../tests/simulation/virtual-time.ts'
import { openWire } from '../wire.ts'
import { makeOperation, type Operation } from './documents.ts'
import { answerMsMax, type Fuzzer, several, shown } from './fuzzer.ts'
import { faultOfResult } from './judge.ts'
import type { Target } from './target.ts'

const paths = [
  '/graphql',
  '/graphql',
  '/graphql',
  '/graphql?',
  '/',
  '/media/',
  '/media/x/y',
  '/healthz',
  '/..',
  '//graphql',
  '/%00',
]
const types = [
  'application/json',
  'application/json; charset=utf-16',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/graphql',
  '',
]
const accepts = [
  '*/*',
  'application/json',
  'text/event-stream',
  'application/graphql-response+json',
  'text/html',
  'multipart/mixed',
  'q=0',
  ',;,',
]
const bodies = [
  '',
  '{',
  'null',
  '[]',
  '[{}]',
  '"x"',
  '{"query":1}',
  '{"query":"{__typename}","variables":[]}',
  '\uFEFF{}',
  '{"query":{}}',
]

type MakeHeader = (random: Random) => string

/** Headers that are wrong, strange or of no use. */
const headers: readonly MakeHeader[] = [
  (random) => `Host: ${random.pick(['', 'x', '[', 'a b', '127.0.0.1:99999', 'x'.repeat(5_000)])}`,
  (random) => `Origin: ${random.pick(['null', 'https://evil.example', 'x', ''])}`,
  (random) => `Accept: ${random.pick(accepts)}`,
  (random) => `Content-Type: ${random.pick(types)}`,
  (random) =>
    `Authorization: ${random.pick(['', 'Bearer', 'Bearer ', 'Basic x', 'Bearer a.b.c', `Bearer ${'x'.repeat(6_000)}`])}`,
  (random) => `Content-Encoding: ${random.pick(['gzip', 'br', 'identity', 'x'])}`,
  (random) => `X-Forwarded-For: ${random.pick(['1.2.3.4', 'x', '::1, 1.1.1.1', ','])}`,
  (random) => `Last-Event-ID: ${random.pick(['', 'x', 'A'.repeat(36)])}`,
  () => 'Expect: 100-continue',
  () => 'Upgrade: h2c',
  () => 'Connection: Upgrade',
  (random) => `X-${random.below(99)}: ${'y'.repeat(random.below(3_000))}`,
  (random) => `Transfer-Encoding: ${random.pick(['chunked', 'gzip, chunked', 'x'])}`,
  (random) => `Content-Length: ${random.pick(['0', '5', '-1', '1e3', '99999999', '5, 5'])}`,
]

/** Sends raw requests, several on one connection. */
export const rawHttpFuzzer: Fuzzer = {
  name: 'raw HTTP',
  async play(target, random) {
    const text = several(random, [1, 3], () => rawRequest(random, target)).join('')
    const { answer, ms } = await exchange(target, Buffer.from(text, random.chance(0.1) ? 'latin1' : 'utf8'))
    if (ms >= answerMsMax + requestMs) return `hung after ${shown(text)}`
    // what is wrong with a request is never the fault of the server
    const failed = /^HTTP\/1\.1 5\d\d/m.exec(answer)?.[0] ?? /"code":"INTERNAL"/.exec(answer)?.[0]
    return failed === undefined ? null : `${failed} after ${shown(text)}: ${shown(answer)}`
  },
}

/** A body that is announced and does not come is waited for so long by the server. */
const requestMs = 15_000

function rawRequest(random: Random, { known, person }: Target): string {
  const method = random.pick(['POST', 'POST', 'GET', 'OPTIONS', 'PUT', 'HEAD', 'DELETE', 'BREW', 'GE T'])
  const body = random.chance(0.5) ? JSON.stringify(makeOperation(random, known)) : random.pick(bodies)
  const path = random.chance(0.3) ? urlOf(makeOperation(random, known)) : random.pick(paths)
  const usual = [
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    `Authorization: Bearer ${person.token}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ].filter(() => random.chance(0.9))
  const all = [...usual, ...several(random, [0, 4], () => random.pick(headers)(random))]
  return `${method} ${path} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n${body}`
}

function urlOf({ query, variables, operationName }: Operation): string {
  // half a pair cannot be part of a URL
  const parameters = new URLSearchParams({ query: query.toWellFormed(), variables: JSON.stringify(variables) })
  if (operationName) parameters.set('operationName', operationName)
  return `/graphql?${parameters.toString().slice(0, 8_000)}`
}

/** Sends bytes, ends its half of the connection, and reads until the end of the other, or for a while. */
async function exchange({ url, address }: Target, bytes: Buffer): Promise<{ answer: string; ms: number }> {
  const wire = openWire({ url, address })
  const chunks: Buffer[] = []
  const began = performance.now()
  // an event stream goes on for ever
  const answered = new Promise<void>((resolve) => {
    wire.onBytes = (chunk) => {
      chunks.push(chunk)
      setTimeout(resolve, streamMs)
    }
  })
  await wire.write(bytes)
  const timer = setTimeout(() => wire.destroy(), answerMsMax + requestMs)
  await Promise.race([answered, wire.ended])
  clearTimeout(timer)
  wire.destroy()
  await wire.ended
  return { answer: Buffer.concat(chunks).toString(), ms: performance.now() - began }
}

const streamMs = 30

/** Sends operations as clients do: by POST, GET, and for an event stream. */
export const operationFuzzer: Fuzzer = {
  name: 'operations',
  async play(target, random) {
    const operation = makeOperation(random, target.known)
    const how = random.pick(['POST', 'POST', 'GET', 'stream'] as const)
    const isShort = urlOf(operation).length < 7_900
    const asked = how === 'GET' && !isShort ? 'POST' : how
    const first = await send(target, operation, asked)
    // a connection that was idle for long may be closed by the server while a request is on its way
    const { status, text, error } = first.error?.isClosed ? await send(target, operation, asked) : first
    const fault = text === null ? null : faultOfText(text)
    const failed = fault ?? error?.reason ?? (status >= 500 ? `status ${status}` : null)
    return failed === null ? null : `${failed}, by ${how} of ${shown(operation)}`
  },
}

interface Sent {
  readonly status: number
  /** Null where nothing was answered. */
  readonly text: string | null
  /** Why nothing was answered, and whether the connection was closed. */
  readonly error?: { readonly reason: string; readonly isClosed: boolean }
}

async function send(
  { url, person, known }: Target,
  operation: Operation,
  how: 'POST' | 'GET' | 'stream',
): Promise<Sent> {
  const stop = new AbortController()
  const late = setTimeout(() => stop.abort(), answerMsMax)
  const authorization = `Bearer ${person.token}`
  try {
    const response =
      how === 'GET'
        ? await fetch(url + urlOf(operation), { headers: { authorization }, signal: stop.signal })
        : await fetch(`${url}/graphql`, {
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              ...{ authorization, accept: how === 'POST' ? 'application/json' : 'text/event-stream' },
            },
            body: JSON.stringify(operation),
            signal: stop.signal,
          })
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
    const say = () => sayHello(url, authorization, known.roomId)
    return { status: response.status, text: isStream ? await firstEvent(response, say) : await response.text() }
  } catch (error) {
    const { cause = error } = error as { cause?: unknown }
    const reason = stop.signal.aborted ? `no answer in ${answerMsMax} ms` : `no answer: ${String(cause)}`
    return { status: 0, text: null, error: { reason, isClosed: !stop.signal.aborted } }
  } finally {
    clearTimeout(late)
    stop.abort()
  }
}

/**
 * The data of the first event of a stream; an empty text when there is none.
 *
 * A live stream has nothing to tell while nothing happens: then a message is sent into the room of the case, and a stream
 * that tells nothing of it, because it follows something else, may stay silent.
 */
async function firstEvent({ body }: Response, say: () => Promise<void>): Promise<string> {
  let text = ''
  if (!body) return ''
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  const silence = Promise.withResolvers<null>()
  let timer: NodeJS.Timeout | null = null
  try {
    for (;;) {
      const chunk = await Promise.race([reader.read(), silence.promise])
      if (chunk === null || chunk.done) return ''
      text += chunk.value
      // a line that has come whole
      const data = /^data: (.+)\n/m.exec(text)?.[1]
      if (data !== undefined) return data
      if (timer) continue
      timer = setTimeout(() => silence.resolve(null), silentMs)
      await say()
    }
  } finally {
    if (timer) clearTimeout(timer)
    await reader.cancel().catch(() => {}) // it may have failed
  }
}

const silentMs = 2_000

async function sayHello(url: string, authorization: string, roomId: string): Promise<void> {
  const query = 'mutation ($roomId: ID!) { sendMessage(input: { roomId: $roomId, body: "hello" }) { __typename } }'
  const headers = { 'content-type': 'application/json', authorization }
  const body = JSON.stringify({ query, variables: { roomId } })
  await (await fetch(`${url}/graphql`, { method: 'POST', headers, body })).text()
}

function faultOfText(text: string): string | null {
  if (text === '') return null
  try {
    return faultOfResult(JSON.parse(text))
  } catch {
    return `an answer that is not JSON: ${text.slice(0, 200)}`
  }
}
