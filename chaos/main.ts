// `npm run chaos`: everything that can go wrong, under load, and whether every promise was kept.

import { parseArgs } from 'node:util'
import { describeMachine } from '../bench/machine.ts'
import { busKinds, missingBus } from './bus.ts'
import { faultNames, faultsOf } from './faults/table.ts'
import { firingAlerts, startRecording } from './observe.ts'
import { formatAlerts, formatRun, formatTable } from './report.ts'
import { type RunResult, runFaults } from './run.ts'
import { openWorld, type Specialty } from './world.ts'

const usage = `Lets things go wrong under load and checks every promise: npm run chaos -- [options]

  --only <fault>     one of ${faultNames.join(', ')};
                     may be given again
  --seed <number>    plays the same decisions again; they meet another machine's timing
  --seconds <number> how long a fault lasts (5)
  --sockets <number> how many come back in the fault crowd-returns (10000)
  --bus <kind>       which bus in the faults of one: ${busKinds.join(' or ')} (the first that is installed)
  --rounds <number>  how often to go through them (1)
  --observe          records the metrics, and says which alerts fire (a second counts as a minute)
  --markdown         prints the table for the README`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [...faultNames] },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000_000)) },
    seconds: { type: 'string', default: '5' },
    bus: { type: 'string', default: busKinds.find((kind) => missingBus(kind) === null) ?? busKinds[0] },
    rounds: { type: 'string', default: '1' },
    sockets: { type: 'string', default: '10000' },
    observe: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const specialties = [
  ...[undefined, 'small disk', 'pooler', 'bus', 'pooler and bus'],
  ...['replica', 'standby', 'synchronous standby'],
] as const
const chosen = values.only
const faults = faultsOf({ sockets: Number(values.sockets) })
const busKind = busKinds.find((kind) => kind === values.bus)
const unknown = chosen.filter((name) => !(name in faults))
if (values.help || unknown.length > 0 || !busKind) {
  console.log(usage)
  if (unknown.length > 0) console.error(`\nThere is no fault ${unknown.join(', ')}.`)
  if (!busKind) console.error(`\nThere is no bus ${values.bus}.`)
  process.exit(unknown.length > 0 || !busKind ? 1 : 0)
}
await main()

async function main(): Promise<void> {
  const seed = Number(values.seed)
  console.error(`· seed ${seed}`)
  const results: RunResult[] = []
  for (const specialty of specialties) {
    const names = chosen.filter((name) => faults[name]?.world === specialty && !isLeftOut(name))
    if (names.length > 0) results.push(...(await runAll(names, { seed, specialty })))
  }
  if (values.markdown) {
    const { cpu, cores, memoryGigabytes, system } = describeMachine()
    if (values.observe) console.log(`${formatAlerts(results)}\n`)
    console.log(`${formatTable(results)}\n\n${cores} × ${cpu}, ${memoryGigabytes} GB, ${system}; seed ${seed}.`)
  }
  if (results.some(({ violations }) => violations.length > 0)) {
    console.error(`Play it again with --seed ${seed}`)
    process.exitCode = 1
  }
}

/** Tells whether a fault cannot be had on this machine. Says so. */
function isLeftOut(name: string): boolean {
  const reason = faults[name]?.missing?.() ?? null
  if (reason !== null) console.error(`· ${name} is left out: ${reason}`)
  return reason !== null
}

/** Runs faults in a world of their own, each in fresh rooms. */
async function runAll(
  names: readonly string[],
  { seed, specialty }: { seed: number; specialty: Specialty | undefined },
): Promise<RunResult[]> {
  const world = await openWorld({
    servers: 3,
    writers: 4,
    readers: 20,
    databaseUrl: null,
    ...(specialty && { specialty }),
    ...(busKind && { busKind }),
  })
  // PostgreSQL and the servers would outlive this process
  const giveUp = (error: unknown) => {
    console.error(error)
    void world.close().finally(() => process.exit(1))
  }
  process.on('uncaughtException', giveUp).on('SIGINT', giveUp).on('SIGTERM', giveUp)
  const results: RunResult[] = []
  try {
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const fault of names.flatMap((name) => faults[name] ?? [])) {
        const recording = values.observe ? startRecording(world.servers) : null
        const result = await runFaults(world, [fault], {
          ...{ seed: seed + round, size: { rooms: 5, observers: 100, pauseMs: 25 } },
          ...{ warmMs: 1_000, faultMs: Number(values.seconds) * 1_000, caughtUpMsMax: 5_000 },
          say: () => {},
        })
        const alerts = recording && firingAlerts(await recording.stop())
        results.push(alerts ? { ...result, alerts } : result)
        console.error(formatRun(results.at(-1) ?? result))
      }
    }
    return results
  } finally {
    process.off('uncaughtException', giveUp).off('SIGINT', giveUp).off('SIGTERM', giveUp)
    await world.close()
  }
}
