// Everything in src/ that is kept for longer than a call, and what bounds it.

import { limits, readConfig } from '../../../src/config/config.ts'
import { databaseLimits } from '../../../src/config/database.ts'
import { feedDefaults } from '../../../src/config/feed.ts'
import { friendLimits } from '../../../src/config/friends.ts'
import { operationLimits } from '../../../src/config/http.ts'
import { mediaLimits } from '../../../src/config/media.ts'
import { presenceDefaults } from '../../../src/config/presence.ts'
import { signInLimits } from '../../../src/config/sign-in.ts'

/** Whom a holding grows with: what is bounded for each of them is bounded by how many there may be. */
export type Owner = 'server' | 'connection' | 'user' | 'address' | 'topic' | 'operation'

/** One list, map or set. */
export interface Holding {
  readonly per: Owner
  /** Things that it can have for each owner. */
  readonly count: number
  /** Bytes of one of them. */
  readonly bytes: number
}

/** The most that one holding may come to for each owner. */
export const holdingBytesMax: Readonly<Record<Owner, number>> = {
  server: 160 * 1_048_576,
  connection: 65_536,
  user: 16 * 1_048_576,
  address: 65_536,
  topic: 1_048_576,
  operation: 1_048_576,
}

const { edge } = readConfig({ NODE_ENV: 'production' })
const id = 200
const timer = 400
const waiter = 1_000
const body = limits.messageBytesMax

const of = (per: Owner, count: number, bytes: number): Holding => ({ per, count, bytes })

/** By file and name. */
export const holdings: Readonly<Record<string, Holding>> = {
  'access/fair-semaphore waiting': of('server', mediaLimits.uploadPlaces.waitingMax, waiter),
  'access/fair-semaphore counts': of('server', 2 * (mediaLimits.uploadPlaces.waitingMax + 128), id),
  'access/loader known': of('operation', operationLimits.costMax / 10, 400),
  'access/rates limiters': of('server', 20, waiter),
  'access/turns waiting': of('server', signInLimits.hashesWaitingMax, waiter),
  'auth/keys keys': of('server', 10, 2_048),
  'auth/liveness known': of('server', signInLimits.knownSessionsMax, 500),
  'auth/liveness knownByUser': of('server', signInLimits.knownSessionsMax, 200),
  'auth/tokens verified': of('server', signInLimits.verifiedTokensMax, 1_024),
  'auth/watch watchersByUser': of('connection', limits.subscriptionsPerSocketMax + 1, 400),
  'auth/watch asked': of('connection', limits.subscriptionsPerSocketMax + 1, 100),
  'database/chores timers': of('server', 20, timer),
  'database/chores running': of('server', 20, waiter),
  'database/gather waiting': of('operation', operationLimits.rootFieldsMax * 10, waiter),
  'database/sql names': of('server', databaseLimits.statementNamesMax, 4_096),
  'feed/batch queue': of('server', feedDefaults.queuedSendsMax, body),
  'feed/batch busy': of('server', feedDefaults.batchesUnderwayMax * feedDefaults.batchTopicsMax, id),
  'feed/batch kept': of('server', feedDefaults.batchesUnderwayMax + 1, waiter),
  'feed/feed hearers': of('server', 20, waiter),
  'feed/feed hintHearers': of('server', 20, waiter),
  'feed/feed batchers': of('server', 20, waiter),
  'feed/group live': of('connection', limits.subscriptionsPerSocketMax, 100),
  'feed/group underWay': of('topic', 256, 400),
  'feed/hints waiting': of('server', feedDefaults.hintsQueuedMax, 512),
  // one with its recent events, for each topic with a subscriber here
  'feed/hub topics': of('topic', feedDefaults.recentEventsMax, 512),
  'feed/reader waits': of('topic', 1, waiter),
  'feed/ringer heads': of('topic', 1, id),
  'feed/ringer texts': of('server', 1_000, 8_192),
  'feed/ringer hints': of('server', feedDefaults.hintsQueuedMax, 512),
  'feed/whisper underWay': of('server', 4 * feedDefaults.hintsRenderedMax, 8_192),
  'friends/watch views': of('user', 2 * friendLimits.blocksMax, id),
  'friends/watch asked': of('user', 1, id),
  'graphql/context loaders': of('operation', 100, waiter),
  'graphql/context shownUserIds': of('operation', operationLimits.costMax / 10, id),
  'http/byte-account entries': of('connection', 1, 500),
  // a parsed document has up to 230 times the size of its text, and without its tokens up to 90
  'http/document-cache documents': of('server', operationLimits.keptTextMax, 230),
  'http/documents entries': of('user', limits.subscriptionTextMax, 90),
  'http/documents sizes': of('user', 1, id),
  'http/operation-limits weights': of('server', operationLimits.keptTextMax / 10, 300),
  'http/pipelines lines': of('connection', 16, waiter),
  'http/connections open': of('connection', 2, id),
  // for two minutes after the last operation
  'http/allowance allowances': of('address', 1, timer),
  'http/allowance before': of('address', 1, timer),
  'http/allowance older': of('address', 1, timer),
  'http/renderer loadersOfPage': of('topic', 10, waiter),
  'http/serve streams': of('connection', 1, 100),
  'http/socket-writer due': of('connection', 1, 100),
  'http/text-turns waiting': of('user', operationLimits.textsWaitingMax, waiter),
  'http/websocket open': of('connection', 1, 4_096),
  'membership/floors slowestOf': of('server', limits.floorsKeptMax, limits.slowestKeptMax * 200),
  'membership/marks queue': of('server', feedDefaults.queuedSendsMax, waiter),
  'membership/marks held': of('server', feedDefaults.queuedSendsMax, waiter),
  'presence/advances followers': of('user', presenceDefaults.roomsFollowedMax, id),
  'presence/advances rooms': of('user', presenceDefaults.roomsFollowedMax, 2 * id),
  'presence/advances unread': of('user', 1, id),
  'presence/advances rung': of('user', presenceDefaults.roomsFollowedMax, id),
  'presence/advances due': of('server', presenceDefaults.advancesWaitingMax, 512),
  // for a second
  'presence/advances told': of(
    'server',
    (1_000 / presenceDefaults.advancePauseMs) * presenceDefaults.advancesPerTurnMax,
    id,
  ),
  'presence/advances timers': of('server', 3, timer),
  'presence/leases people': of('user', 1, 500),
  'presence/leases changed': of('user', 1, 100),
  'presence/leases activeTold': of('user', 1, id),
  'presence/service kept': of('server', presenceDefaults.onlineCountsMax, 400),
  // for six seconds, at the rate of operations
  'presence/typing rooms': of('user', edge.operationsPerMinuteMax / 10, timer + id),
  'presence/typing changes': of('user', operationLimits.rootFieldsMax, id),
  'presence/visits stays': of('connection', limits.subscriptionsPerSocketMax, 500),
  'presence/visits begun': of('connection', limits.subscriptionsPerSocketMax, 100),
  'presence/visits ending': of('connection', limits.subscriptionsPerSocketMax, 100),
  'presence/visits waiting': of('server', presenceDefaults.visitsWaitingMax, 512),
  'server closers': of('server', 50, waiter),
}
