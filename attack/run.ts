import { setTimeout as wait } from 'node:timers/promises'
import { type MachineLoad, readLoad } from '../bench/machine.ts'
import type { AttackCounts } from './attacker.ts'
import { type Attackers, openAttackers } from './attackers.ts'
import { type NormalResult, startNormalUsers } from './normal-users.ts'
import { heapMegabytesMax, type Vitals } from './server-process.ts'
import type { World } from './world.ts'

/** Bounds that must hold while a server is attacked, and afterwards. */
const attackBounds = {
  /** The slowest of a hundred sends of normal users. */
  sendP99Ms: 500,
  /** The slowest of a hundred answers of `/healthz`. */
  healthP99Ms: 100,
  /** Of the process: its heap, buffers, code, and what images take. */
  rssBytes: 900 * 1_048_576,
  /** That the heap may have grown by, when all attackers have gone. */
  heapLeftBytes: 64 * 1_048_576,
  /** Everything is as before within this after the end of an attack. */
  idleMs: 60_000,
} as const

/** The machine has less to give than an attack needs, when so many processes wait for each of its cores. */
const loadPerCoreMax = 2

/** The result of a run. */
export interface AttackResult {
  /** The figures of normal users before the attackers began. */
  readonly quiet: NormalResult
  /** The machine when it began. */
  readonly load: MachineLoad
  readonly isMachineBusy: boolean
  readonly counts: Readonly<Record<string, AttackCounts>>
  readonly normal: NormalResult
  readonly most: Vitals
  readonly before: Vitals
  readonly after: Vitals | null
  /** Milliseconds until the server was idle again; null when it never was. */
  readonly idleMs: number | null
  /** Bounds and promises that were broken. */
  readonly broken: readonly string[]
}

/** Lets attackers loose on a server for so long, and looks at what becomes of those who only want to chat. */
export async function runAttack(
  world: World,
  { names, seed, ms }: { names: readonly string[]; seed: number; ms: number },
): Promise<AttackResult> {
  const { server } = world
  const load = await readLoad()
  const stopQuiet = startNormalUsers({ url: server.url, normal: world.normal })
  await wait(Math.min(ms, quietMs))
  const quiet = await stopQuiet()
  const before = await server.idle()
  const most = { ...before }
  server.watch((vitals) => {
    for (const key of ['heapBytes', 'rssBytes', 'externalBytes', 'sockets', 'loopDelayMs'] as const) {
      most[key] = Math.max(most[key], vitals[key])
    }
  })
  const attackers: Attackers = openAttackers()
  const stopNormal = startNormalUsers({ url: server.url, normal: world.normal })
  try {
    const started = attackers.start(names, world.stage, seed)
    await Promise.race([started, until(() => server.crash() !== null)])
    for (const end = Date.now() + ms; Date.now() < end && server.crash() === null; ) await wait(250)
    const normal = await stopNormal()
    const crash = server.crash()
    const counts = await attackers.stop()
    await attackers.close()
    const [after, idleMs] = crash === null ? await becomeIdle(world, before) : [null, null]
    const isMachineBusy = load.perCore > loadPerCoreMax || percentile(quiet.healthMs, 99) > attackBounds.healthP99Ms / 2
    const result = { quiet, load, isMachineBusy, counts, normal, most, before, after, idleMs }
    return { ...result, broken: judge(result, server.crash(), server.errors()) }
  } finally {
    await attackers.close()
  }
}

const quietMs = 10_000

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await wait(100)
}

/** Waits until connections are gone and the heap is as small as it was. */
async function becomeIdle({ server }: World, before: Vitals): Promise<[Vitals | null, number | null]> {
  const began = performance.now()
  for (;;) {
    const vitals = await server.idle()
    const ms = performance.now() - began
    // the pool of PostgreSQL may have grown to its size
    const isIdle =
      vitals.sockets <= before.sockets + poolGrowth && vitals.heapBytes <= before.heapBytes + attackBounds.heapLeftBytes
    if (isIdle) return [vitals, ms]
    if (ms > attackBounds.idleMs) return [vitals, null]
    await wait(250)
  }
}

const poolGrowth = 30

/** The value below which so many of a hundred are. */
export function percentile(sorted: readonly number[], of: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * of) / 100))] ?? Number.NaN
}

function judge(
  { normal, most, after, idleMs }: Omit<AttackResult, 'broken'>,
  crash: string | null,
  errors: readonly string[],
): string[] {
  const { sendP99Ms, healthP99Ms, rssBytes } = attackBounds
  const [send, health] = [percentile(normal.sendMs, 99), percentile(normal.healthMs, 99)]
  const failed = Object.entries(normal.failures).map(([what, times]) => `${what} (${times})`)
  const faults: [isBroken: boolean, what: string][] = [
    [crash !== null, crash ?? ''],
    [errors.length > 0, `${errors.length} lines of the log are errors, such as ${errors[0]?.slice(0, 400)}`],
    [failed.length > 0, `normal users were refused: ${failed.join(', ')}`],
    [normal.disturbances > 0, `a normal stream was disturbed ${normal.disturbances} times`],
    [!(send < sendP99Ms), `sends took ${Math.round(send)} ms (p99); ${sendP99Ms} are allowed`],
    [!(health < healthP99Ms), `/healthz took ${Math.round(health)} ms (p99); ${healthP99Ms} are allowed`],
    [most.heapBytes > heapMegabytesMax * 1_048_576, 'the heap was larger than allowed'],
    [most.rssBytes > rssBytes, `the process had ${Math.round(most.rssBytes / 1_048_576)} MB`],
    [
      crash === null && idleMs === null,
      `it was not idle again: ${after?.sockets} sockets, ${Math.round((after?.heapBytes ?? 0) / 1_048_576)} MB of heap`,
    ],
  ]
  return faults.flatMap(([isBroken, what]) => (isBroken ? [what] : []))
}
