import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, inject, onTestFinished, test as plain } from 'vitest'
import { logLimits } from '../../src/config/logs.ts'
import { variables } from '../../src/config/variables.ts'
import { createLog } from '../../src/logs/log.ts'
import { readableLine } from '../../src/logs/readable.ts'
import { guest, post } from '../support/client.ts'
import { test } from '../support/server.ts'

function openLog(isJson = true) {
  const lines: string[] = []
  const due = new Set<() => void>()
  const clock = {
    now: () => 0,
    after(_ms: number, callback: () => void) {
      due.add(callback)
      return () => due.delete(callback)
    },
    /** Ends the second. */
    pass() {
      const callbacks = [...due]
      due.clear()
      for (const callback of callbacks) callback()
    },
  }
  const { log, flush } = createLog({ level: 'debug', isJson, clock, write: (text) => lines.push(text) })
  return { log, lines, clock, flush, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

describe('equal lines', () => {
  plain('are one line a second with their count, however many come', () => {
    const { log, clock, parsed } = openLog()
    for (let index = 0; index < 1_000; index++) log.warn({ err: new Error('away'), id: index }, 'it is away')
    expect(parsed()).toHaveLength(1)
    clock.pass()
    expect(parsed().slice(1)).toMatchObject([{ msg: 'it is away', id: 999, repeated: 999 }])
    log.warn({ err: new Error('away'), id: 1_000 }, 'it is away')
    clock.pass()
    expect(parsed().slice(2)).toMatchObject([{ id: 1_000, repeated: 1 }])
    clock.pass()
    clock.pass()
    log.warn({ err: new Error('away'), id: 1_001 }, 'it is away')
    expect(parsed()[3]).toMatchObject({ id: 1_001 })
    expect(parsed()[3]).not.toHaveProperty('repeated')
  })

  const different = {
    'of another message': ['first', 'second'],
    'of another level': [{ level: 'warn' }, { level: 'error' }],
    'of another code': [{ code: 'A' }, { code: 'B' }],
    'of another error': [{ err: new Error('a') }, { err: new Error('b') }],
  } as const
  plain.for(Object.entries(different))('are not lines %s', ([, both]) => {
    const { log, parsed } = openLog()
    for (const one of both) {
      if (typeof one === 'string') log.warn(one)
      else if ('level' in one) log[one.level]('a line')
      else log.warn(one, 'a line')
    }
    expect(parsed()).toHaveLength(2)
  })

  plain('are all written at debug, and when there are too many different ones', () => {
    const { log, parsed } = openLog()
    for (let index = 0; index < 10; index++) log.debug('again')
    expect(parsed()).toHaveLength(10)
    for (let index = 0; index < 2 * logLimits.differentMax; index++) log.warn(`line ${index}`)
    expect(parsed()).toHaveLength(10 + 2 * logLimits.differentMax)
  })

  plain('are counted before the process ends', () => {
    const { log, flush, parsed } = openLog()
    for (let index = 0; index < 3; index++) log.error('failed')
    flush()
    expect(parsed()[1]).toMatchObject({ repeated: 2 })
  })
})

plain('in development a line is readable, with the stack of its error', () => {
  const { log, lines } = openLog(false)
  log.warn({ err: new Error('broken'), room: 'a', count: 2 }, 'it failed')
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d WARN {2}it failed room=a count=2\n {4}Error: broken\n {4} {4}at /)
})

describe('one line for each operation', () => {
  test('says over every transport who did what, how long it took and how it ended', async ({ start }) => {
    const lines: Record<string, unknown>[] = []
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
    const server = await start({}, { log })
    const ada = await guest(server)
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: {
        ...{
          'content-type': 'application/json',
          authorization: `Bearer ${ada.token}`,
          'x-request-id': 'of-the-proxy-1',
        },
      },
      body: JSON.stringify({ query: 'query Mine { viewer { user { id } } }' }),
    })
    expect(response.headers.get('x-request-id')).toBe('of-the-proxy-1')
    await expect
      .poll(() => lines.find(({ requestId }) => requestId === 'of-the-proxy-1'))
      .toMatchObject({
        ...{ level: 20, operation: 'Mine', type: 'query', field: 'viewer', transport: 'http', code: 'OK' },
        userId: expect.stringMatching(/^[\da-f-]{36}$/),
        ms: expect.any(Number),
      })

    const stream = ada.follow(
      'subscription Nowhere { roomEvents(roomId: "room_01h455vb4pex5vsknk084sn02q") { __typename } }',
    )
    await stream.next().catch(() => {})
    const isNowhere = ({ operation }: Record<string, unknown>) => operation === 'Nowhere'
    await expect
      .poll(() => lines.find(isNowhere))
      .toMatchObject({
        ...{ level: 30, type: 'subscription', field: 'roomEvents', transport: 'websocket', code: 'NOT_FOUND' },
        requestId: expect.stringMatching(/^[\da-f-]{36}$/),
      })

    await post(server, { query: '{ nothing }' })
    const isRefused = ({ code, transport }: Record<string, unknown>) =>
      code === 'BAD_USER_INPUT' && transport === 'http'
    await expect.poll(() => lines.find(isRefused)).toMatchObject({ level: 30, userId: null })
    expect(JSON.stringify(lines)).not.toContain(ada.token)
  })

  test.for(['two words', 'x'.repeat(129), '<b>'])(
    'has an id of its own where the given one is %s',
    async (given, { one }) => {
      const response = await fetch(`${one.url}/graphql?query={__typename}`, { headers: { 'x-request-id': given } })
      expect(response.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
    },
  )
})

test('a slow statement is logged by its name', async ({ start }) => {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const server = await start({}, { log })
  await server.database.pool.query('/* aSlowOne */ select pg_sleep(0.6)')
  expect(lines).toContainEqual(expect.objectContaining({ statement: 'aSlowOne', msg: 'a slow statement' }))
})

test('a process says how it starts, without secrets, and why it stops', async ({ databaseUrl }) => {
  const secret = `s${randomUUID().slice(0, 8)}`
  const url = new URL(databaseUrl)
  url.searchParams.append('fallback_application_name', secret)
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: join(import.meta.dirname, '..', '..'),
    env: {
      ...{ NODE_ENV: 'production', PORT: '0', RATE_LIMITS: 'false', LOG_LEVEL: 'info' },
      ...{
        DATABASE_URL: url.href,
        KABAR_DATA: inject('scratchDir'),
      },
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  child.stdout.resume()
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const line = (msg: string) => {
    const found = text.split('\n').find((one) => one.includes(`"msg":"${msg}"`))
    return found === undefined ? null : (JSON.parse(found) as Record<string, unknown>)
  }
  await expect
    .poll(() => line('the server has started') ?? text)
    .toMatchObject({
      version: expect.any(String),
      node: process.versions.node,
      postgres: expect.stringMatching(/^\d+/),
      settings: { production: true, rateLimits: false },
    })
  expect(text).not.toContain(secret)
  expect(text).not.toContain(new URL(databaseUrl).password || secret)
  child.kill('SIGTERM')
  await once(child, 'exit')
  expect(line('the server stops')).toMatchObject({ reason: 'SIGTERM' })
})

test('people see one short line of the start, with the beginning of its settings', () => {
  const settings = Object.fromEntries(Object.keys(variables).map((name) => [name, 'a value of some length']))
  const line = readableLine(
    JSON.stringify({ level: 30, time: 0, msg: 'the server has started', url: 'http://x', settings }),
  )
  expect(line).toMatch(/ info {2}the server has started url=http:\/\/x settings=\{".*…\n$/)
  expect(line.length).toBeLessThan(160)
})
