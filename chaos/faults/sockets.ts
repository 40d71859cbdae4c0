// Faults on the way between clients and servers.

import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

const burst = 150
const burstBody = 'x'.repeat(3_900)

/** Clients stop to read while much is written. */
export const socketsPaused: Fault = {
  name: 'paused sockets',
  expected: 'a client that does not read hurts only itself, and goes on from its cursor',
  async happen({ load, random, faultMs }) {
    const paused = load.observers.filter(() => random.chance(0.1))
    for (const observer of paused) observer.pause()
    const [roomId = ''] = load.roomIds
    await Promise.all(Array.from({ length: burst }, () => load.send(roomId, burstBody)))
    await wait(faultMs)
    for (const observer of paused) observer.resume()
    return undefined
  },
}

/** The bytes of sockets vanish: both ends believe that they are connected. */
export const socketsHalfOpen: Fault = {
  name: 'half-open sockets',
  expected: 'clients that ping notice within 3 s and come back elsewhere',
  async happen({ world, random, faultMs }) {
    for (const { front } of world.servers) {
      for (const connection of front.connections()) if (random.chance(0.3)) connection.swallow()
    }
    await wait(faultMs)
    return undefined
  },
}
