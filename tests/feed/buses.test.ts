// Notifiers on a real bus that is killed, frozen or absent, or refuses them.

import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { inspect } from 'node:util'
import { describe, expect, inject, onTestFinished } from 'vitest'
import { busKinds, createBus } from '../../chaos/bus.ts'
import { feedLimits } from '../../src/config/feed.ts'
import { chooseTransport } from '../../src/feed/notify/choose-transport.ts'
import {
  busPassword,
  doorbellOf,
  missing,
  type NotifierGiven,
  notifierOf,
  ownBus,
  quick,
  test,
} from '../support/buses.ts'
import { listenAt } from '../support/ear.ts'

const databaseUrl = 'postgresql://nobody@127.0.0.1:1/none'
const ringOf = (head: number) => ({ topicId: randomUUID(), head })

/** A notifier of a bus whose states are written down. */
function watched(doorbellUrl: string, config: NotifierGiven['config'] = {}) {
  const states: string[] = []
  const errors: unknown[] = []
  const notifier = notifierOf({
    ...{ databaseUrl, doorbellUrl, config },
    onError: (error) => errors.push(error),
    onChange: (state, reason) => states.push(reason === '' ? state : `${state}: ${reason}`),
  })
  return { notifier, states, errors }
}

describe.for(busKinds.map((kind) => [kind, missing[kind]] as const))('%s', ([kind, reason]) => {
  test.beforeEach(({ skip }) => {
    if (reason !== null) skip(reason)
  })

  test('is polled around while it is dead, and rings again when it is back', async () => {
    const bus = await ownBus(kind)
    const { notifier, states } = watched(bus.url, { pollMs: 20 })
    const ear = await listenAt(notifier)
    await bus.kill()
    await expect.poll(() => notifier.state()).toBe('polling')
    const gaps = ear.gaps()
    await ear.until(() => ear.gaps() > gaps + 1)
    await bus.start()
    await expect.poll(() => notifier.state()).toBe('listening')
    const ring = ringOf(1)
    notifier.ring([ring])
    await ear.until(() => ear.heads.has(ring.topicId))
    expect(states.map((state) => state.split(':')[0])).toEqual(['listening', 'polling', 'listening'])
  })

  test('that is not there at the start is polled around, with the reason, and heard once it comes', async () => {
    const bus = await createBus(kind)
    onTestFinished(() => bus.close())
    const { notifier, states } = watched(bus.url)
    const ear = await listenAt(notifier)
    expect(notifier.state()).toBe('polling')
    expect(states).toEqual([expect.stringMatching(/^polling: (NATS|Redis) at 127\.0\.0\.1:\d+: .*refused/i)])
    const gaps = ear.gaps()
    await bus.start()
    await ear.until(() => ear.gaps() > gaps)
    await expect.poll(() => notifier.state()).toBe('listening')
  })

  test('that is frozen is given up when the echo is missed, and heard again', async () => {
    const bus = await ownBus(kind)
    const { notifier } = watched(bus.url, { echoMs: 20, echoTimeoutMs: 500 })
    const ear = await listenAt(notifier)
    bus.signal('SIGSTOP')
    await expect.poll(() => notifier.state()).toBe('polling')
    bus.signal('SIGCONT')
    await expect.poll(() => notifier.state()).toBe('listening')
    const ring = ringOf(1)
    notifier.ring([ring])
    await ear.until(() => ear.heads.has(ring.topicId))
  })

  test('gets the newest ring of each topic that waited for it, up to the bound', async () => {
    const bus = await ownBus(kind)
    const ear = await listenAt(watched(bus.url).notifier)
    // it only rings, as a command does
    const { notifier: from } = watched(bus.url, { ringsQueuedMax: 10 })
    const fence = ringOf(1)
    from.ring([fence])
    await ear.until(() => ear.heads.has(fence.topicId))
    bus.signal('SIGSTOP')
    // in flight at once, or the oldest of those that wait
    from.ring([ringOf(1)])
    const rings = Array.from({ length: 11 }, (_, index) => ringOf(index + 1))
    for (const ring of rings) from.ring([ring])
    from.ring([{ topicId: rings.at(-1)?.topicId ?? '', head: 99 }])
    bus.signal('SIGCONT')
    await ear.until(() => ear.heads.get(rings.at(-1)?.topicId ?? '') === 99)
    const heard = rings.filter(({ topicId }) => ear.heads.has(topicId))
    expect(heard).toEqual(rings.slice(1))
  })

  test('that brings a text longer than any notification, or nonsense, brings nothing', async ({ bus }) => {
    const { url } = await bus(kind)
    const { notifier, errors } = watched(url)
    const ear = await listenAt(notifier)
    const connection = chooseTransport({ databaseUrl, doorbell: doorbellOf(url), feed: quick }).connect({ onLost() {} })
    onTestFinished(() => connection.close())
    await connection.opened
    const known = ringOf(7)
    const pack = (count: number) => Array(count).fill(`${known.topicId}7`).join(',')
    const tooMany = Math.ceil(feedLimits.notificationLengthMax / 38)
    const fence = ringOf(1)
    await connection.send([pack(tooMany), 'hint', `hint ${known.topicId}`, '\0', '', `${fence.topicId}1`])
    await ear.until(() => ear.heads.has(fence.topicId))
    expect([...ear.heads.keys()]).toEqual([fence.topicId])
    await connection.send([pack(tooMany - 1)])
    await ear.until(() => ear.heads.has(known.topicId))
    expect(errors).toEqual([])
  })

  test('that wants a password takes the right one, and no error repeats a wrong one', async ({ bus }) => {
    const { url } = await bus(kind)
    const { notifier } = watched(url)
    await listenAt(notifier)
    expect(notifier.state()).toBe('listening')
    const [wrong, right] = ['wr%ng/secret', encodeURIComponent(busPassword)]
    const { notifier: refused, states, errors } = watched(url.replace(right, encodeURIComponent(wrong)))
    await listenAt(refused)
    expect(refused.state()).toBe('polling')
    expect(states[0]).toMatch(kind === 'nats' ? /Authorization Violation/i : /WRONGPASS|invalid password/i)
    expect(errors.length).toBeGreaterThan(0)
    for (const error of errors) expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(wrong)
  })

  test('is reached with TLS, by a certificate that is trusted and by no other', async () => {
    const folder = await mkdtemp(join(inject('scratchDir'), 'tls-'))
    const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', tls.key]
    execFileSync('openssl', ['req', '-x509', '-days', '1', ...key, '-out', tls.cert, ...subject], { stdio: 'ignore' })
    const bus = await ownBus(kind, { tls })
    const { notifier: stranger, states } = watched(bus.url)
    await listenAt(stranger)
    expect(stranger.state()).toBe('polling')
    expect(states[0]).toMatch(/certificate/)
    await stranger.close()
    const before = getCACertificates('default')
    onTestFinished(() => setDefaultCACertificates(before))
    setDefaultCACertificates([...before, await readFile(tls.cert, 'utf8')])
    const { notifier } = watched(bus.url)
    const ear = await listenAt(notifier)
    const ring = ringOf(1)
    notifier.ring([ring])
    await ear.until(() => ear.heads.has(ring.topicId))
  })
})
