import type { Fault } from '../fault.ts'
import { busAbsent, busFrozen, busKilled, busRestarted, poolerWithBus } from './bus.ts'
import {
  backendsKilled,
  databaseSlow,
  listenersKilled,
  listenersSwallowed,
  poolerInFront,
  ringsDropped,
  serverCutOff,
} from './connections.ts'
import { crowdReturns } from './crowd.ts'
import { databaseFrozen, databaseKilled, databaseRestarted, notifyQueueFull, tailLost } from './database.ts'
import { diskFull } from './disk.ts'
import { demoted, primaryLostAsync, primaryLostSync } from './failover.ts'
import { clockJumps, serverFrozen, serverKilled, serverStopped } from './processes.ts'
import { replicaFrozen, replicaKilled, replicaPaused } from './replica.ts'
import { deadlocks, poolExhausted, serializationFailures } from './rude-clients.ts'
import { socketsHalfOpen, socketsPaused } from './sockets.ts'

const faults: Readonly<Record<string, Fault>> = {
  'server-killed': serverKilled,
  'server-stopped': serverStopped,
  'server-frozen': serverFrozen,
  'database-restarted': databaseRestarted,
  'database-killed': databaseKilled,
  'database-frozen': databaseFrozen,
  'tail-lost': tailLost,
  'backends-killed': backendsKilled,
  'listeners-killed': listenersKilled,
  'listeners-swallowed': listenersSwallowed,
  'rings-dropped': ringsDropped,
  'notify-queue-full': notifyQueueFull,
  'pools-exhausted': poolExhausted,
  deadlocks,
  'serialization-failures': serializationFailures,
  'server-cut-off': serverCutOff,
  'database-slow': databaseSlow,
  'sockets-paused': socketsPaused,
  'sockets-half-open': socketsHalfOpen,
  'clock-jumps': clockJumps,
  'disk-full': diskFull,
  'pooler-in-front': poolerInFront,
  'bus-killed': busKilled,
  'bus-frozen': busFrozen,
  'bus-restarted': busRestarted,
  'bus-absent': busAbsent,
  'pooler-with-bus': poolerWithBus,
  demoted,
  'primary-lost-async': primaryLostAsync,
  'primary-lost-sync': primaryLostSync,
  'replica-paused': replicaPaused,
  'replica-frozen': replicaFrozen,
  'replica-killed': replicaKilled,
}

const crowdName = 'crowd-returns'

/** The names of all faults, as the command line knows them. */
export const faultNames: readonly string[] = [...Object.keys(faults), crowdName]

/** All faults by their names. A crowd has so many sockets. */
export const faultsOf = ({ sockets }: { sockets: number }): Readonly<Record<string, Fault>> => ({
  ...faults,
  [crowdName]: crowdReturns(sockets),
})
