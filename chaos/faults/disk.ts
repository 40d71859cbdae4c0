import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { fillDisk, freeDisk, missingSmallDisk } from '../small-disk.ts'

const answerMsMax = 5_000

/** Nothing more can be written where PostgreSQL keeps its data. */
export const diskFull: Fault = {
  name: 'the disk of PostgreSQL is full',
  expected: 'sends answer SERVICE_UNAVAILABLE meanwhile; nothing that was answered is lost; with space all goes on',
  world: 'small disk',
  missing: missingSmallDisk,
  faultMsMin: 10_000,
  async happen({ world, load, faultMs }) {
    const { postgres } = world
    if (!postgres.process) throw new Error('the PostgreSQL is not ours')
    const { folder } = postgres.process
    const failures = () => load.records.codes.get('SERVICE_UNAVAILABLE') ?? 0
    const before = failures()
    for (const end = Date.now() + faultMs; Date.now() < end; await wait(50)) await fillDisk(folder)
    const failed = failures() - before
    await freeDisk(folder)
    if (failed === 0) throw new Error('no send met the full disk')
    // it may have stopped for good where it could not write its log
    if (!(await answers(postgres.query))) {
      await postgres.process.kill('fast').catch(() => {})
      await postgres.process.start()
      for (const { back } of world.servers) back.lead(Number(new URL(postgres.url()).port))
    }
    return undefined
  },
}

async function answers(query: (text: string) => Promise<unknown>): Promise<boolean> {
  for (const end = Date.now() + answerMsMax; Date.now() < end; await wait(100)) {
    try {
      await query('select 1')
      return true
    } catch {
      // not yet
    }
  }
  return false
}
