import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { median } from './statistics.ts'

/** What numbers depend on: they mean nothing without it. */
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
