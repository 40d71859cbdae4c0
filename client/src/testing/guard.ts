// A process that stays beside a test: when the test's own process ends, however it does, the server and its data go too.
//
// It gets the folder as its argument, and on its standard input the process group of the server that runs; 0 for none.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { endPostmaster } from './postmaster.ts'

const [folder = ''] = process.argv.slice(2)
let group = 0
// its end is that of the process at the other end of the pipe
for await (const line of createInterface({ input: process.stdin })) group = Number(line)
try {
  if (group > 1) process.kill(-group, 'SIGKILL')
} catch {
  // it has ended already
}
await endPostmaster(join(folder, 'data'))
await rm(folder, { recursive: true, force: true })
