// Everything in src/ that is kept for longer than a call, and what bounds it.

import { signInLimits } from '../../../src/config/auth.ts'
import { limits, readConfig } from '../../../src/config/config.ts'
import { databaseLimits } from '../../../src/config/database.ts'
import { documentLimits } from '../../../src/config/documents.ts'
import { feedDefaults } from '../../../src/config/feed.ts'
import { friendLimits } from '../../../src/config/friends.ts'
import { connectionLimits, operationLimits } from '../../../src/config/http.ts'
import { logLimits } from '../../../src/config/logs.ts'
import { mediaLimits } from '../../../src/config/media.ts'
import { presenceDefaults } from '../../../src/config/presence.ts'
import { labelValuesMax } from '../../../src/metrics/list.ts'

/** The owner that a holding grows with: a bound per owner is multiplied by the number of owners. */
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
  'concurrency/fair-semaphore waiting': of('server', mediaLimits.uploadPlaces.waitingMax, waiter),
  'concurrency/fair-semaphore counts': of('server', 2 * (mediaLimits.uploadPlaces.waitingMax + 128), id),
  // weighed where it is made
  'concurrency/lru entries': of('server', 1, id),
  // the names of statements, for PostgreSQL and for metrics
  'concurrency/lru known': of('server', 2 * databaseLimits.statementNamesMax, 4_096),
  'concurrency/loader known': of('operation', operationLimits.costMax / 10, 400),
  'audit/refusals waiting': of('server', 1_000, 1_024),
  'access/rates limiters': of('server', 20, waiter),
  'logs/repeats known': of('server', logLimits.differentMax, 4_096),
  'metrics/metrics sums': of('server', 40, waiter),
  'metrics/metrics histograms': of('server', 10, labelValuesMax * 2_048),
  'metrics/metrics readers': of('server', 20, id),
  // operations have the most: 120 root fields, 3 transports and 30 codes
  'metrics/series known': of('server', 12_000, 4 * id),
  'concurrency/semaphore waiting': of('server', signInLimits.hashesWaitingMax, waiter),
  'feed/appender events': of('server', feedDefaults.batchesUnderwayMax * feedDefaults.batchTopicsMax, 400),
  'feed/appender moved': of('server', feedDefaults.batchesUnderwayMax * feedDefaults.batchTopicsMax, id),
  'feed/appender states': of('server', feedDefaults.batchesUnderwayMax * feedDefaults.batchTopicsMax, 400),
  'presence/tracker/last-seen seen': of('server', presenceDefaults.seenWaitingMax, id),
  'auth/keyring keys': of('server', 10, 2_048),
  'auth/session-cache known': of('server', signInLimits.knownSessionsMax, 500),
  'auth/session-cache knownByUser': of('server', signInLimits.knownSessionsMax, 200),
  'auth/tokens verified': of('server', signInLimits.verifiedTokensMax, 1_024),
  'auth/session-watch watchersByUser': of('connection', limits.subscriptionsPerSocketMax + 1, 400),
  'auth/session-watch pending': of('connection', limits.subscriptionsPerSocketMax + 1, 100),
  'database/chores timers': of('server', 20, timer),
  'database/chores running': of('server', 20, waiter),
  'database/client hearers': of('server', 20, waiter),
  // one for each kind of rows
  'database/batched-read readers': of('server', 20, waiter),
  'database/lookups waiting': of('operation', operationLimits.rootFieldsMax * 10, waiter),
  'database/pool idle': of('server', 50, timer),
  'concurrency/shared-statement waiting': of('operation', operationLimits.rootFieldsMax * 10, waiter),
  'feed/batch queue': of('server', feedDefaults.queuedSendsMax, body),
  'feed/batch busy': of('server', feedDefaults.batchesUnderwayMax * feedDefaults.batchTopicsMax, id),
  'feed/batch kept': of('server', feedDefaults.batchesUnderwayMax + 1, waiter),
  'feed/feed hearers': of('server', 20, waiter),
  'feed/feed hintHearers': of('server', 20, waiter),
  'feed/feed batchers': of('server', 20, waiter),
  'feed/hub/group live': of('connection', limits.subscriptionsPerSocketMax, 100),
  'feed/hub/group underWay': of('topic', 256, 400),
  'feed/hints/hint-queue waiting': of('server', feedDefaults.hintsQueuedMax, 512),
  // one with its recent events, for each topic with a subscriber here
  'feed/hub/hub topics': of('topic', feedDefaults.recentEventsMax, 512),
  'feed/hub/lost-rings expected': of('topic', 1, id),
  'feed/hub/lost-rings cancels': of('server', 10, timer),
  'feed/hub/reader waits': of('topic', 1, waiter),
  'feed/notify/notify-sender waiting': of('server', feedDefaults.ringsQueuedMax, id),
  'feed/notify/notify-sender texts': of('server', 1_000, 8_192),
  'feed/notify/notify-sender hints': of('server', feedDefaults.hintsQueuedMax, 512),
  'feed/hints/hint-delivery underWay': of('server', 4 * feedDefaults.hintsRenderedMax, 8_192),
  // items are those of the topic; their number pushes back
  'feed/streams/stream-item-queue queue': of('connection', feedDefaults.socketBufferBytesMax / 512, 16),
  'feed/streams/stream-item-queue drained': of('connection', 1, 100),
  'friends/blocks/block-watch views': of('user', 2 * friendLimits.blocksMax, id),
  'friends/blocks/block-watch pending': of('user', 1, id),
  'graphql/context loaders': of('operation', 100, waiter),
  // the kinds of private data
  'graphql/context privateShown': of('operation', 3, id),
  'graphql/context shownUserIds': of('operation', operationLimits.costMax / 10, id),
  // the plans of all documents, by their fields
  'graphql/execution/executor plansOf': of('server', operationLimits.plannedFieldsMax, 2_200),
  'http/unsent-bytes entries': of('connection', 1, 500),
  // a parsed document has up to 230 times the size of its text, and without its tokens up to 90
  'http/document-cache kept': of('server', documentLimits.pinnedTextMax, 230),
  'http/document-cache documents': of('server', operationLimits.keptTextMax, 230),
  'http/shared-documents entries': of('user', limits.subscriptionTextMax, 90),
  'http/shared-documents sizes': of('user', 1, id),
  // those of the settings
  'http/hosts names': of('server', 100, id),
  'http/graphql-engine faultsOf': of('server', operationLimits.keptTextMax / 10, 300),
  'http/operation-limits weights': of('server', operationLimits.keptTextMax / 10, 300),
  'http/pipelines lines': of('connection', 16, waiter),
  'http/connections open': of('connection', 2, id),
  // for two minutes after the last operation
  'http/allowance allowances': of('address', 1, timer),
  'http/allowance before': of('address', 1, timer),
  'http/allowance older': of('address', 1, timer),
  'websocket/renderer loadersOfPage': of('topic', 10, waiter),
  'http/open-streams streams': of('connection', 1, 100),
  'websocket/socket-writer lastTails': of('server', 2, connectionLimits.heldBackBytesMax),
  'websocket/socket-writer due': of('connection', 1, 100),
  'http/parse-queue waitingOf': of('user', operationLimits.textsWaitingMax, waiter),
  'http/fair-scheduler waiting': of('user', operationLimits.textsWaitingMax, waiter),
  'http/answers bytesOfCaller': of('user', 1, id),
  'websocket/server open': of('connection', 1, 4_096),
  'membership/receipts/watermarks/watermarks slowestOf': of(
    'server',
    limits.floorsKeptMax,
    limits.slowestKeptMax * 200,
  ),
  'presence/room-activity/room-activity followers': of('user', presenceDefaults.roomsFollowedMax, id),
  'presence/room-activity/room-activity rooms': of('user', presenceDefaults.roomsFollowedMax, 2 * id),
  'presence/room-activity/room-activity unread': of('user', 1, id),
  'presence/room-activity/room-activity rung': of('user', presenceDefaults.roomsFollowedMax, id),
  'presence/room-activity/room-activity due': of('server', presenceDefaults.advancesWaitingMax, 512),
  // for a second
  'presence/room-activity/room-activity sent': of(
    'server',
    (1_000 / presenceDefaults.advancePauseMs) * presenceDefaults.advancesPerTurnMax,
    id,
  ),
  'presence/room-activity/room-activity timers': of('server', 3, timer),
  'presence/tracker/tracker people': of('user', 1, 500),
  'presence/tracker/tracker changed': of('user', 1, 100),
  'presence/tracker/tracker activitySent': of('user', 1, id),
  'presence/online-counts kept': of('server', presenceDefaults.onlineCountsMax, 400),
  // for six seconds, at the rate of operations
  'presence/typing/typing-board rooms': of('user', edge.operationsPerMinuteMax / 10, timer + id),
  'presence/typing/typing-board changes': of('user', operationLimits.rootFieldsMax, id),
  'presence/visits/open-visits openVisits': of('connection', limits.subscriptionsPerSocketMax, 500),
  'presence/visits/open-visits begun': of('connection', limits.subscriptionsPerSocketMax, 100),
  'presence/visits/open-visits ending': of('connection', limits.subscriptionsPerSocketMax, 100),
  'presence/visits/open-visits waiting': of('server', presenceDefaults.visitsWaitingMax, 512),
  'server closers': of('server', 50, waiter),
}
