import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { median } from './statistics.ts'

/** The machine that numbers were taken on: they mean nothing without it. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGigabytes: number
  readonly system: string
  /** Milliseconds that the disk takes to flush 8 kB, the median of many. */
  readonly flushMs: number
}

const flushes = 200
const blockBytes = 8_192

/** Describes this machine. */
export function describeMachine(directory = tmpdir()): Machine {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    flushMs: measureFlush(directory),
  }
}

/** Writes 8 kB and flushes it, again and again: what every commit of a durable database waits for. */
function measureFlush(directory: string): number {
  const path = join(directory, `flush-${process.pid}`)
  const file = openSync(path, 'w')
  const block = Buffer.alloc(blockBytes, 1)
  try {
    const times = Array.from({ length: flushes }, (_, index) => {
      const startedAt = performance.now()
      writeSync(file, block, 0, blockBytes, index * blockBytes)
      fsyncSync(file)
      return performance.now() - startedAt
    })
    return median(times)
  } finally {
    closeSync(file)
    rmSync(path)
  }
}

/** How many files and sockets this process may open; Infinity where the system does not say. */
export function openFilesMax(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** The load of the machine. Figures taken under load compare only with each other. */
export interface MachineLoad {
  /** Processes that ran or waited, in the mean of the last minute, for each core. */
  readonly perCore: number
  /** The part of all cores' time that others used over a moment, from 0 to 1; null where it is not known. */
  readonly used: number | null
  /** The part of the time that the host gave to other machines, from 0 to 1; null where it is not known. */
  readonly stolen: number | null
}

const lookMs = 1_000

/** Reads what Linux says of the load, over a second in which this process waits. */
export async function readLoad(): Promise<MachineLoad> {
  const ticks = async () => {
    const [first = ''] = (await readFile('/proc/stat', 'utf8').catch(() => '')).split('\n')
    return first.split(/ +/).slice(1, 9).map(Number)
  }
  const before = await ticks()
  await wait(lookMs)
  const spent = (await ticks()).map((value, index) => value - (before[index] ?? 0))
  const all = spent.reduce((sum, value) => sum + value, 0)
  const [, , , idle = 0, waiting = 0, , , stolen = 0] = spent
  const perCore = (loadavg()[0] ?? 0) / availableParallelism()
  return all > 0
    ? { perCore, used: 1 - (idle + waiting) / all, stolen: stolen / all }
    : { perCore, used: null, stolen: null }
}

const usedMax = 0.15
const stolenMax = 0.05

/** Says why figures of this moment are not to be believed; null when they are. */
export function busyWith({ used, stolen }: MachineLoad): string | null {
  const percent = (share: number) => `${Math.round(100 * share)} %`
  if ((stolen ?? 0) > stolenMax) return `the host takes ${percent(stolen ?? 0)} of the time`
  return (used ?? 0) > usedMax ? `other processes use ${percent(used ?? 0)} of the processors` : null
}
