// Faults of the servers themselves.

import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

/** A server dies without a word. */
export const serverKilled: Fault = {
  name: 'kill -9 of a server',
  expected: 'clients go on at the other servers, at once',
  async happen({ world, random }) {
    const server = random.pick(world.servers)
    server.signal('SIGKILL')
    await server.ended()
    return () => server.start()
  },
}

/** A server is stopped as a deploy does it. */
export const serverStopped: Fault = {
  name: 'SIGTERM of a server',
  expected: 'it closes its sockets with 1012 and ends with 0; clients go on at the others',
  async happen({ world, random }) {
    const server = random.pick(world.servers)
    server.signal('SIGTERM')
    const code = await server.ended()
    if (code !== 0) throw new Error(`${server.name} ended with ${code} at SIGTERM`)
    return () => server.start()
  },
}

/** A server stands still, and its connections with it. */
export const serverFrozen: Fault = {
  name: 'SIGSTOP of a server for 30 s',
  expected: 'clients notice its silence and go on at the others; afterwards it is useful again',
  faultMsMin: 30_000,
  async happen({ world, random, faultMs }) {
    const server = random.pick(world.servers)
    server.signal('SIGSTOP')
    await wait(faultMs)
    server.signal('SIGCONT')
    return undefined
  },
}

/** A server believes that it is an hour later. */
export const clockJumps: Fault = {
  name: 'the clock of a server jumps an hour, and back',
  expected: 'nothing of the feed goes by the clock; tokens that are valid for longer stay valid',
  async happen({ world, random, faultMs }) {
    const server = random.pick(world.servers)
    server.signal('SIGUSR2')
    await wait(faultMs)
    server.signal('SIGUSR2')
    return undefined
  },
}
