// Faults of the bus by which servers hear of each other.

import { setTimeout as wait } from 'node:timers/promises'
import { type BusProcess, busKinds, missingBus } from '../bus.ts'
import type { Fault, Stage } from '../fault.ts'
import { missingPooler } from '../pooler.ts'
import type { ServerProcess } from '../server-process.ts'

/** Between two looks at `/readyz`. */
const lookMs = 100

function busOf({ world }: Stage): BusProcess {
  if (!world.bus) throw new Error('this world has no bus')
  return world.bus
}

const missing = () => (busKinds.some((kind) => missingBus(kind) === null) ? null : 'no bus is installed')

/**
 * Waits while the bus is away. All servers must stay ready, and no operation may fail.
 *
 * @throws Error with what was answered, and by whom.
 */
async function waitUnharmed({ world, load, faultMs }: Stage, servers = world.servers): Promise<void> {
  const failures = () => load.records.codes.get('SERVICE_UNAVAILABLE') ?? 0
  const before = failures()
  for (const end = Date.now() + faultMs; Date.now() < end; await wait(lookMs)) {
    const unready = await Promise.all(servers.map(isUnready))
    const found = unready.filter((name) => name !== null)
    if (found.length > 0) throw new Error(`not ready without the bus: ${found.join(', ')}`)
  }
  if (failures() > before) throw new Error(`${failures() - before} operations failed without the bus`)
}

async function isUnready({ name, directUrl }: ServerProcess): Promise<string | null> {
  const response = await fetch(`${directUrl}/readyz`, { signal: AbortSignal.timeout(5_000) })
  await response.arrayBuffer()
  return response.status === 200 ? null : name
}

/** The bus dies and comes back. */
export const busKilled: Fault = {
  name: 'the bus killed (kill -9)',
  expected: 'no send fails, servers stay ready and poll four times a second; afterwards they listen again',
  world: 'bus',
  missing,
  async happen(stage) {
    const bus = busOf(stage)
    await bus.kill()
    await waitUnharmed(stage)
    await bus.start()
    return undefined
  },
}

/** The bus stands still, without closing a connection. */
export const busFrozen: Fault = {
  name: 'the bus frozen (SIGSTOP)',
  expected: 'the sweep delivers within 5 s; the missing echo makes servers poll',
  world: 'bus',
  missing,
  async happen(stage) {
    const bus = busOf(stage)
    bus.signal('SIGSTOP')
    try {
      await waitUnharmed(stage)
    } finally {
      bus.signal('SIGCONT')
    }
    return undefined
  },
}

/** The bus is restarted, as by an upgrade. */
export const busRestarted: Fault = {
  name: 'the bus restarted',
  expected: 'servers look up what they missed once they listen again',
  world: 'bus',
  missing,
  async happen(stage) {
    const bus = busOf(stage)
    await bus.kill()
    await bus.start()
    await waitUnharmed({ ...stage, faultMs: Math.min(stage.faultMs, 1_000) })
    return undefined
  },
}

/** A server starts while there is no bus. */
export const busAbsent: Fault = {
  name: 'a server starts without the bus',
  expected: 'it starts and polls; the others go on polling',
  world: 'bus',
  missing,
  async happen(stage) {
    const { world, random } = stage
    const bus = busOf(stage)
    await bus.kill()
    const server = random.pick(world.servers)
    server.signal('SIGTERM')
    await server.ended()
    await server.start()
    await waitUnharmed(stage)
    await bus.start()
    return undefined
  },
}

/** A pooler in transaction mode is in front, and a bus beside it. */
export const poolerWithBus: Fault = {
  name: 'a pooler in transaction mode in front (PgBouncer), and a bus',
  expected: 'everything works, and no server polls',
  world: 'pooler and bus',
  missing: () => missingPooler() ?? missing(),
  async happen(stage) {
    await waitUnharmed(stage)
    for (const { name, metricsUrl } of stage.world.servers) {
      const text = await (await fetch(metricsUrl)).text()
      const isListening = /^kabar_doorbell_state\{[^}]*state="listening"[^}]*\} 1$/m.test(text)
      if (!isListening) throw new Error(`${name} polls, although there is a bus`)
    }
    return undefined
  },
}
