import { openFilesMax } from '../../bench/machine.ts'
import { openCrowd } from '../crowd.ts'
import type { Fault } from '../fault.ts'

const sparedFiles = 500

/** Makes the fault that so many sockets drop and come back in the same moment. */
export const crowdReturns = (sockets: number): Fault => ({
  name: `${sockets.toLocaleString('en')} sockets reconnect at once`,
  expected: 'all are let in, go on from their cursors, and hold up nobody for long',
  caughtUpMsMax: 60_000,
  missing() {
    const most = openFilesMax() - sparedFiles
    return sockets <= most ? null : `a process may open ${openFilesMax()} files here (ulimit -n); try --sockets ${most}`
  },
  async happen({ world, load, random }) {
    const crowd = await openCrowd(world, random, sockets)
    load.join(crowd)
    await crowd.send()
    await crowd.drop()
    // what they miss in the meantime
    await crowd.send()
    return undefined
  },
})
