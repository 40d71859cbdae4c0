import type { Fault } from '../fault.ts'
import {
  backendsKilled,
  databaseSlow,
  listenersKilled,
  listenersSwallowed,
  ringsDropped,
  serverCutOff,
} from './connections.ts'
import { clockJumps, serverFrozen, serverKilled, serverStopped } from './processes.ts'
import { socketsHalfOpen, socketsPaused } from './sockets.ts'

/** All faults, by the names that the command line knows. */
export const faults: Readonly<Record<string, Fault>> = {
  'server-killed': serverKilled,
  'server-stopped': serverStopped,
  'server-frozen': serverFrozen,
  'backends-killed': backendsKilled,
  'listeners-killed': listenersKilled,
  'listeners-swallowed': listenersSwallowed,
  'rings-dropped': ringsDropped,
  'server-cut-off': serverCutOff,
  'database-slow': databaseSlow,
  'sockets-paused': socketsPaused,
  'sockets-half-open': socketsHalfOpen,
  'clock-jumps': clockJumps,
}
