import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SpanStatusCode } from '@opentelemetry/api'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { describe, expect, onTestFinished, test as plain } from 'vitest'
import { createTracing, parseTraceparent, type Tracing } from '../../src/tracing/tracing.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { connect, countWaiting } from '../support/database.ts'
import { uuidOf } from '../support/members.ts'
import { openInitialised, openRaw } from '../support/raw-socket.ts'
import { test as base } from '../support/server.ts'
import { followEvents } from '../support/sse.ts'

/** A server's spans in memory. */
function recorder(sampledPart = 1): { tracing: Tracing; spans: () => ReadableSpan[] } {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  return {
    tracing: createTracing({ tracer: provider.getTracer('test'), sampledPart, close: () => provider.shutdown() }),
    spans: () => exporter.getFinishedSpans(),
  }
}

const test = base.extend('traced', { scope: 'file' }, async ({ start }) => {
  const [first, second] = [recorder(), recorder()]
  const one = await start({}, { tracing: first.tracing })
  const two = await start({}, { tracing: second.tracing })
  return { one, two, ofOne: first.spans, ofTwo: second.spans }
})

const sendText = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }'
const events = 'subscription ($roomId: ID!) { messageAdded(roomId: $roomId) { body } }'
const traceId = (number: number) => number.toString(16).padStart(32, 'a')
const traceparent = (number: number) => `00-${traceId(number)}-00f067aa0ba902b7-01`

const named = (spans: readonly ReadableSpan[], trace: number) =>
  spans.filter((span) => span.spanContext().traceId === traceId(trace))

/** Each span of a trace below the one that caused it, from the place that the client gave. */
function chainOf(spans: readonly ReadableSpan[], root = '00f067aa0ba902b7'): string[] {
  const [next] = spans.filter((span) => span.parentSpanContext?.spanId === root).toSorted(byLength)
  return next ? [next.name, ...chainOf(spans, next.spanContext().spanId)] : []
}

/** COMMIT and ring are both below a batch: the ring goes on. */
const byLength = (one: ReadableSpan, other: ReadableSpan) =>
  Number(one.name === 'COMMIT') - Number(other.name === 'COMMIT')

type Sent = { roomId: string; body: string }

/** The ways in which a client gives its place in a trace. */
const senders: Record<string, (client: Client, input: Sent, trace: string) => Promise<unknown>> = {
  'a header of HTTP': ({ server, token }, input, trace) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, traceparent: trace },
      body: JSON.stringify({ query: sendText, variables: { input } }),
    }),
  // not the usual type, so that Yoga reads the request
  'a header of HTTP that Yoga reads': ({ server, token }, input, trace) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=UTF8',
        authorization: `Bearer ${token}`,
        traceparent: trace,
      },
      body: JSON.stringify({ query: sendText, variables: { input } }),
    }),
  async connection_init({ server, token }, input, trace) {
    const socket = await openRaw(server)
    socket.say({ type: 'connection_init', payload: { authorization: `Bearer ${token}`, traceparent: trace } })
    await socket.next()
    socket.say({ id: '1', type: 'subscribe', payload: { query: sendText, variables: { input } } })
    await socket.next()
  },
  async 'the extensions of an operation'({ server, token }, input, trace) {
    const socket = await openInitialised(server, token)
    const extensions = { traceparent: trace }
    socket.say({ id: '1', type: 'subscribe', payload: { query: sendText, variables: { input }, extensions } })
    await socket.next()
  },
}

test.for(Object.keys(senders).map((name, index) => [name, index + 1] as const))(
  'a trace that comes by %s goes from the mutation to the sockets of another server',
  async ([name, number], { traced: { one, two, ofOne, ofTwo } }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    // those of the test before have left
    await expect.poll(() => two.parts.feed.state().subscribers).toBe(0)
    const stream = ada.at(two).follow(events, { roomId })
    const stream2 = await followEvents(ada.at(two), events, { roomId })
    await expect.poll(() => two.parts.feed.state().subscribers).toBeGreaterThan(1)
    await senders[name]?.(ada, { roomId, body: 'a private word' }, traceparent(number))
    await stream.next()
    await stream2.next()
    const all = () => [...named(ofOne(), number), ...named(ofTwo(), number)]
    const whole = ['mutation sendMessage', 'batch', 'ring', 'read', 'execute', 'deliver']
    await expect.poll(() => chainOf(all())).toEqual(whole)
    expect(all().map((span) => span.name)).toContain('COMMIT')
    const elsewhere = named(ofTwo(), number)
    expect(elsewhere.map((span) => span.name)).toEqual(['read', 'execute', 'deliver'])
    expect(elsewhere.at(-1)?.attributes).toMatchObject({ 'kabar.events': 1, 'kabar.subscribers': 2 })
    const [operation] = all().filter((span) => span.name === 'mutation sendMessage')
    const transport = name.includes('HTTP') ? 'http' : 'websocket'
    expect(operation?.attributes).toMatchObject({ 'kabar.code': 'OK', 'kabar.transport': transport })
    expect(JSON.stringify(all().map(({ attributes, events }) => ({ attributes, events })))).not.toContain('private')
  },
)

test('a write that is no send is traced too, and so is a refusal', async ({ traced: { one, ofOne } }) => {
  const ada = await guest(one)
  const roomId = await makeRoom(ada)
  const ask = (query: string, number: number) =>
    fetch(`${one.url}/graphql`, {
      method: 'POST',
      headers: {
        ...{
          'content-type': 'application/json',
          authorization: `Bearer ${ada.token}`,
          traceparent: traceparent(number),
        },
      },
      body: JSON.stringify({ query, variables: { roomId } }),
    })
  await ask('mutation ($roomId: ID!) { updateRoom(input: { roomId: $roomId, name: "Changed" }) { room { id } } }', 21)
  expect(chainOf(named(ofOne(), 21))).toEqual(['mutation updateRoom', 'write', 'ring'])
  await ask('query ($roomId: ID!) { nothing(id: $roomId) }', 22)
  const [refused] = named(ofOne(), 22)
  expect(refused?.attributes).toMatchObject({ 'kabar.code': 'BAD_USER_INPUT' })
  expect(refused?.status.code).toBe(SpanStatusCode.UNSET)
})

test('a batch is in the trace of one sender, and links to those of the others', async ({
  traced: { one, ofOne },
  databaseUrl,
}) => {
  const ada = await guest(one)
  const [held = '', ...others] = await Promise.all(Array.from({ length: 5 }, () => makeRoom(ada)))
  const [blocker, watcher] = [await connect(databaseUrl), await connect(databaseUrl)]
  await blocker.query('begin')
  await blocker.query('select from topics where id = $1 for update', [uuidOf(held)])
  const before = ofOne().length
  const first = send(ada, held, 'hello')
  await expect.poll(() => countWaiting(watcher)).toBe(1)
  // these wait for the batch before them, and form the next one
  const rest = others.map((roomId) => send(ada, roomId, 'hello'))
  await expect.poll(() => one.parts.metrics.counts.send_queue.total).toBe(others.length)
  await blocker.query('commit')
  await Promise.all([first, ...rest])
  const batches = ofOne()
    .slice(before)
    .filter((span) => span.name === 'batch')
  expect(batches.map(({ attributes, links }) => [attributes['kabar.sends'], links.length])).toEqual([
    [1, 0],
    [others.length, others.length - 1],
  ])
})

describe('a place in a trace', () => {
  const texts: [text: string, isValid: boolean][] = [
    [traceparent(1), true],
    [traceparent(1).replace(/01$/, '00'), true],
    ['', false],
    [traceparent(1).toUpperCase(), false],
    [traceparent(1).replace('00-', 'ff-'), false],
    [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, false],
    [`00-${traceId(1)}-${'0'.repeat(16)}-01`, false],
    [`${traceparent(1)}-more`, false],
    [`${traceparent(1)},${traceparent(2)}`, false],
  ]
  test.for(texts)('%j is taken: %s', ([text, isValid]) => {
    expect(parseTraceparent(text) !== null).toBe(isValid)
  })

  test('that is not to be recorded is not', async ({ traced: { one, ofOne } }) => {
    const ada = await guest(one)
    const roomId = await makeRoom(ada)
    const before = ofOne().length
    await senders['a header of HTTP']?.(ada, { roomId, body: 'x' }, traceparent(31).replace(/01$/, '00'))
    expect(ofOne().slice(before)).toEqual([])
  })
})

test('traces arrive at a collector of OpenTelemetry', async ({ start }) => {
  const received: { path: string | undefined; body: string }[] = []
  const collector = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      received.push({ path: request.url, body: Buffer.concat(chunks).toString() })
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void collector.close())
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
  const server = await start({ tracing: { endpoint, serviceName: 'kabar-test', sampledPart: 1 } })
  const ada = await guest(server)
  await send(ada, await makeRoom(ada), 'hello')
  await server.close()
  expect(received.every(({ path }) => path === '/v1/traces')).toBe(true)
  interface Sent {
    resourceSpans: {
      resource: { attributes: { key: string; value: { stringValue?: string } }[] }
      scopeSpans: { spans: { name: string; traceId: string; parentSpanId?: string }[] }[]
    }[]
  }
  const sent = received.flatMap(({ body }) => (JSON.parse(body) as Sent).resourceSpans)
  const names = sent.flatMap(({ resource }) => resource.attributes.filter(({ key }) => key === 'service.name'))
  expect(names[0]?.value.stringValue).toBe('kabar-test')
  const spans = sent.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
  const root = spans.find(({ name }) => name === 'mutation sendMessage')
  const ofTrace = spans.filter((span) => span.traceId === root?.traceId).map(({ name }) => name)
  expect(ofTrace.toSorted()).toEqual(['COMMIT', 'batch', 'mutation sendMessage', 'ring'])
})

test('a collector that is away holds up nothing', async ({ start }) => {
  const server = await start({ tracing: { endpoint: 'http://127.0.0.1:1', serviceName: 'kabar', sampledPart: 1 } })
  const ada = await guest(server)
  expect((await send(ada, await makeRoom(ada), 'hello')).number).toBe(1)
  await server.close()
})

test('traces are off unless a collector is named', async ({ one }) => {
  expect(one.parts.config.tracing.endpoint).toBeNull()
  const { startTracing } = await import('../../src/tracing/start.ts')
  expect(await startTracing(one.parts.config.tracing, one.parts.log)).toBeNull()
})

describe('of traces', () => {
  const elsewhere = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331'
  for (const { name, part, parent, recorded } of [
    { name: 'that begin here, all are recorded', part: 1, parent: null, recorded: [1_000, 1_000] },
    { name: 'that begin here, none is recorded', part: 0, parent: null, recorded: [0, 0] },
    { name: 'that begin here, the given part is recorded', part: 0.5, parent: null, recorded: [400, 600] },
    { name: 'that are recorded elsewhere, all are', part: 0, parent: `${elsewhere}-01`, recorded: [1_000, 1_000] },
    { name: 'that are not recorded elsewhere, none is', part: 1, parent: `${elsewhere}-00`, recorded: [0, 0] },
    { name: 'with a place that is none, the given part is recorded', part: 0, parent: 'no place', recorded: [0, 0] },
  ] as const) {
    plain(name, () => {
      const { tracing, spans } = recorder(part)
      const places = Array.from({ length: 1_000 }, () => {
        const span = tracing.start({ name: 'operation', parent })
        span.end()
        return span.traceparent
      })
      const [min, max] = recorded
      expect(spans().length).toBeGreaterThanOrEqual(min)
      expect(spans().length).toBeLessThanOrEqual(max)
      expect(places.filter((place) => place !== null)).toHaveLength(spans().length)
    })
  }
})
