// `npm run attack`: everything hostile at once, and whether others notice.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine } from '../bench/machine.ts'
import { readConfig } from '../src/config/config.ts'
import { attackers } from './attackers/table.ts'
import { fuzzWorld } from './fuzz/world.ts'
import { formatLoad, formatRun, formatTable, formatTimes } from './report.ts'
import { type AttackResult, runAttack } from './run.ts'
import { openWorld, type World } from './world.ts'

const names = attackers.map(({ name }) => name)

const usage = `Attacks a server with a heap of 400 MB, and looks at what becomes of others: npm run attack -- [options]

  --only <attack>    one of ${names.join(', ')}, fuzz; may be given again.
                     Without it: all at once, and the fuzz after them
  --minutes <number> how long they attack, and how long the fuzz goes on (1)
  --seed <number>    makes the same decisions again; they meet another machine's timing
  --markdown         prints what docs/faults.md says under *Under attack*`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [...names, 'fuzz'] },
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000_000)) },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const unknown = values.only.filter((name) => name !== 'fuzz' && !names.includes(name))
if (values.help || unknown.length > 0) {
  console.log(usage)
  if (unknown.length > 0) console.error(`\nThere is no attack ${unknown.join(', ')}.`)
  process.exit(unknown.length > 0 ? 1 : 0)
}

/** Limits by the minute are raised: they would end a fuzz in seconds. */
const { edge: edgeConfig } = readConfig({})
const places = { perAddress: 60, perUser: edgeConfig.socketsPerUserMax }
const fuzzSettings = {
  ...{ RATE_LIMITS: 'false', SENDS_PER_10_SECONDS: '0', SOCKETS_PER_ADDRESS: String(places.perAddress) },
  // normal users do not refresh theirs
  ACCESS_TOKEN_SECONDS: '86400',
}
await main()
// an idle handle, such as a pipe of a process that has ended, would keep this one and the lock on the machine
process.exit()

async function main(): Promise<void> {
  const seed = Number(values.seed)
  const ms = Number(values.minutes) * 60_000
  console.error(`· seed ${seed}`)
  const chosen = attackers.filter(({ name }) => values.only.includes(name))
  const broken: string[] = []
  if (chosen.length > 0) {
    const result = await inWorld({}, (world) => runAttack(world, { names: chosen.map(({ name }) => name), seed, ms }))
    show(result, chosen)
    broken.push(...result.broken)
  }
  if (values.only.includes('fuzz')) {
    // without them the server says that it cannot serve its pages yet
    execFileSync(process.execPath, [join(import.meta.dirname, '..', 'scripts', 'build-web.mjs')])
    const faults = await inWorld(fuzzSettings, (world) => fuzzWorld(world, { seed, ms, places, say: console.error }))
    console.error([`${faults.length === 0 ? '✓' : '✗'} fuzz`, ...faults].join('\n  BROKEN: '))
    broken.push(...faults)
  }
  if (broken.length > 0) {
    console.error(`Play it again with --seed ${seed}`)
    process.exitCode = 1
  }
}

/** Opens a world, uses it, and closes it whatever happens: PostgreSQL and the server would outlive this process. */
async function inWorld<T>(settings: Record<string, string>, use: (world: World) => Promise<T>): Promise<T> {
  const world = await openWorld(settings)
  const giveUp = (error: unknown) => {
    console.error(error)
    void world.close().finally(() => process.exit(1))
  }
  process.on('uncaughtException', giveUp).on('SIGINT', giveUp).on('SIGTERM', giveUp)
  try {
    return await use(world)
  } finally {
    process.off('uncaughtException', giveUp).off('SIGINT', giveUp).off('SIGTERM', giveUp)
    await world.close()
  }
}

function show(result: AttackResult, chosen: typeof attackers): void {
  console.log(`${formatTable(chosen, result)}\n\n${formatTimes(result)}`)
  console.error(formatRun(result))
  if (!values.markdown) return
  const { cpu, cores, memoryGigabytes, system } = describeMachine()
  const megabytes = (bytes: number) => `${Math.round(bytes / 1_048_576)} MB`
  const { most, before } = result
  console.log(`
The heap grew from ${megabytes(before.heapBytes)} to ${megabytes(most.heapBytes)} at the most, the process to ${megabytes(most.rssBytes)}.

Measured on ${cores} × ${cpu}, ${memoryGigabytes} GB, ${system}, with seed ${values.seed}: ${formatLoad(result)}.`)
}
