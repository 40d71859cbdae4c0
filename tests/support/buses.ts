// Real buses, and notifiers on them. Where a program is missing, what needs it is skipped: `.ci/run` installs it as root.

import { onTestFinished } from 'vitest'
import { type BusKind, type BusProcess, type BusSettings, createBus, missingBus } from '../../chaos/bus.ts'
import { type Config, readConfig } from '../../src/config/config.ts'
import { feedDefaults } from '../../src/config/feed.ts'
import { chooseTransport } from '../../src/feed/notify/choose-transport.ts'
import { createNotifier, type Notifier, type NotifierOptions } from '../../src/feed/notify/notifier.ts'
import { patienceMs } from './patience.ts'
import { test as base } from './server.ts'

/** The times of a notifier that a test waits for. */
export const quick: NotifierOptions['config'] = {
  ...{ echoMs: 200, echoTimeoutMs: patienceMs, reconnectMinMs: 20, reconnectMaxMs: 100, pollMs: 60_000 },
  ...{ hintsQueuedMax: 200, ringsQueuedMax: feedDefaults.ringsQueuedMax },
}

/** Reads the doorbell of a URL, as a server does. */
export const doorbellOf = (url: string): Config['doorbell'] => readConfig({ DOORBELL_URL: url }).doorbell

/** Options of a notifier in a test. */
export interface NotifierGiven extends Partial<Pick<NotifierOptions, 'onError' | 'onChange'>> {
  readonly databaseUrl: string
  readonly doorbellUrl: string
  readonly config?: Partial<typeof quick>
}

/** Makes a notifier, closed at the end of the test. */
export function notifierOf({ databaseUrl, doorbellUrl, config, ...handlers }: NotifierGiven): Notifier {
  const feed = { ...quick, ...config }
  const transport = chooseTransport({ databaseUrl, doorbell: doorbellOf(doorbellUrl), feed })
  const notifier = createNotifier({
    ...{ transport, config: feed, now: Date.now, onError: () => {}, onChange: () => {} },
    ...handlers,
  })
  onTestFinished(() => notifier.close())
  return notifier
}

/** Starts a bus of its own for a test. */
export async function ownBus(kind: BusKind, settings: BusSettings = {}): Promise<BusProcess> {
  const bus = await createBus(kind, settings)
  onTestFinished(() => bus.close())
  await bus.start()
  return bus
}

/** Says why the tests of a bus cannot run here; undefined when they can. */
export const missing: Readonly<Record<BusKind, string | null>> = {
  nats: missingBus('nats'),
  redis: missingBus('redis'),
}

/** The password of the buses of a file. */
export const busPassword = 'p@ss/w%rd:1'

/** A `test` with servers, and with one bus of each kind for the file, which wants a password: `bus('nats')`. */
export const test = base.extend('bus', { scope: 'file' }, async ({}, { onCleanup }) => {
  const started = new Map<BusKind, Promise<BusProcess>>()
  onCleanup(async () => {
    for (const bus of started.values()) await (await bus).close()
  })
  const start = async (kind: BusKind) => {
    const bus = await createBus(kind, { password: busPassword })
    await bus.start()
    return bus
  }
  return (kind: BusKind): Promise<BusProcess> => {
    const bus = started.get(kind) ?? start(kind)
    started.set(kind, bus)
    return bus
  }
})
