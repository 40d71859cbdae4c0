// Servers and commands that hear of each other by a real bus, and what holds when it is dead. No sweep helps them.

import { pino } from 'pino'
import { describe, expect } from 'vitest'
import { busKinds } from '../../chaos/bus.ts'
import type { Finding } from '../../src/health/findings.ts'
import type { KabarServer } from '../../src/server.ts'
import { newUser, toClient } from '../support/accounts.ts'
import { busPassword, doorbellOf, missing, test } from '../support/buses.ts'
import { type Client, guest, makeRoom, send } from '../support/client.ts'
import { kabar } from '../support/command-line.ts'
import { scrape, sumOf } from '../support/metrics.ts'

const roomEvents = `subscription ($roomId: ID!) {
  roomEvents(roomId: $roomId) { __typename ... on MessageSent { message { body } } }
}`
type RoomEvents = { roomEvents: { __typename: string; message?: { body: string } } }

async function follow(client: Client, roomId: string) {
  const stream = client.follow<RoomEvents>(roomEvents, { roomId })
  for (;;) if ((await stream.nextData()).roomEvents.__typename === 'Synced') return stream
}

async function readiness(server: KabarServer): Promise<{ status: number; bus: Finding | undefined }> {
  const response = await fetch(`${server.url}/readyz`)
  const { findings } = (await response.json()) as { findings: Finding[] }
  return { status: response.status, bus: findings.find(({ name }) => name === 'bus') }
}

describe.for(busKinds.map((kind) => [kind, missing[kind]] as const))('servers with %s', ([kind, reason]) => {
  test('hear each other and the command line; without it they poll, say so, and refuse nothing', async ({
    start,
    databaseUrl,
    bus: busOf,
    skip,
  }) => {
    if (reason !== null) skip(reason)
    const bus = await busOf(kind)
    const lines: string[] = []
    const log = pino({ level: 'debug' }, { write: (line) => void lines.push(line) })
    const settings = {
      ...{ doorbell: doorbellOf(bus.url), metrics: { port: 0, host: '127.0.0.1' } },
      feed: { echoMs: 200, reconnectMaxMs: 200 },
    }
    const [one, two] = [await start(settings, { log }), await start(settings, { log })]
    const state = async (name: string) => sumOf(await scrape(two), 'doorbell_state', { via: kind, state: name })
    const doctor = async () => {
      const { out } = await kabar(databaseUrl, ['doctor', '--json'], { env: { DOORBELL_URL: bus.url } })
      expect(out).not.toContain(busPassword)
      const { findings } = JSON.parse(out) as { findings: Finding[] }
      // those of a server without the two for notifications
      const connections = findings.find(({ name }) => name === 'connections')
      expect(connections?.detail).toMatch(/^[1-9]\d* server\(s\) of 29 need /)
      return findings.find(({ name }) => name === 'notifications')
    }

    const ada = toClient(one, await newUser(one, { email: `ada-${kind}@example.org` }))
    const bob = await guest(two)
    const roomId = await makeRoom(ada, [bob])
    const stream = await follow(bob, roomId)
    const profile = ada.at(two).follow('subscription { viewerEvents { ... on ProfileUpdated { emailVerifiedAt } } }')
    expect(await profile.nextData()).toEqual({ viewerEvents: {} })
    await send(ada, roomId, 'by the bus')
    expect((await stream.nextData()).roomEvents.message?.body).toBe('by the bus')
    await kabar(databaseUrl, ['users', 'verify', ada.name, '--email'], { env: { DOORBELL_URL: bus.url } })
    expect(await profile.nextData()).toEqual({ viewerEvents: { emailVerifiedAt: expect.any(String) } })
    expect(await readiness(two)).toMatchObject({ status: 200, bus: { isGood: true } })
    expect(await state('listening')).toBe(1)
    expect(await doctor()).toMatchObject({ isGood: true, detail: expect.stringContaining('127.0.0.1') })

    await bus.kill()
    await expect.poll(() => state('polling')).toBe(1)
    await send(ada, roomId, 'without the bus')
    expect((await stream.nextData()).roomEvents.message?.body).toBe('without the bus')
    expect(await readiness(two)).toMatchObject({
      status: 200,
      bus: {
        isGood: false,
        detail: expect.stringContaining('polling'),
        advice: expect.stringContaining('DOORBELL_URL'),
      },
    })
    expect(await doctor()).toMatchObject({ isGood: false, advice: expect.stringContaining('DOORBELL_URL') })
    const told = await kabar(databaseUrl, ['users', 'reset-password', ada.name, '--generate'], {
      env: { DOORBELL_URL: bus.url },
    })
    expect(told).toMatchObject({ code: 0, err: expect.stringContaining('Servers learn of the change within 5 s') })

    await bus.start()
    await expect.poll(() => state('listening')).toBe(1)
    expect(await readiness(two)).toMatchObject({ status: 200, bus: { isGood: true } })
    // at the level of an operator: once for each server
    const warned = lines.filter((line) => line.includes('do not arrive') && line.includes('"level":40'))
    expect(warned.length).toBe(2)
    expect(lines.join('')).not.toContain(busPassword)
    expect(lines.join('')).toContain('arrive again')
  })

  test('start where it is absent', async ({ start, skip }) => {
    if (reason !== null) skip(reason)
    const server = await start({ doorbell: doorbellOf(`${kind}://127.0.0.1:1`) })
    expect(await readiness(server)).toMatchObject({ status: 200, bus: { isGood: false } })
  })
})
