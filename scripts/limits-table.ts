// The table of limits in docs/limits.md. Every number comes from the code.

import { dataExportLimits } from '../src/config/account.ts'
import { auditLimits } from '../src/config/audit.ts'
import { signInLimits } from '../src/config/auth.ts'
import { limits, readConfig } from '../src/config/config.ts'
import { replicaDefaults } from '../src/config/database.ts'
import { documentLimits } from '../src/config/documents.ts'
import { feedDefaults, feedLimits } from '../src/config/feed.ts'
import { edgeRatios, heavyPlaces, operationLimits } from '../src/config/http.ts'
import { mediaLimits } from '../src/config/media.ts'
import { invitationLimits } from '../src/config/membership.ts'
import { erasingLimits } from '../src/config/messages.ts'
import { type RateName, rateDefaults, sendWindowMs } from '../src/config/rates.ts'
import { roomLimits } from '../src/config/rooms.ts'
import { socketRatios } from '../src/config/websocket.ts'

/** Makes the table of limits from the numbers of the code. */
export function limitsTable(): string {
  const { edge } = readConfig({ NODE_ENV: 'production' })
  const { tokensMax, depthMax, aliasesMax, directivesMax, rootFieldsMax, costMax } = operationLimits
  const { nestingMax, nameLengthMax, valuesMax, valueNestingMax, selectionsMax, comparisonsMax } = operationLimits
  const rate = (name: RateName) => {
    const { points, seconds } = rateDefaults[name]
    return `${points} in ${seconds} s`
  }
  const frames = socketRatios.framesPerOperation * edge.operationsPerMinuteMax
  const complex = '`OPERATION_TOO_COMPLEX`'
  const rows: [what: string, bound: string, beyond: string][] = [
    ['Tokens of a document', `${tokensMax}`, complex],
    ['Nested brackets of a document', `${nestingMax}`, complex],
    ['Characters of a response name (alias)', `${nameLengthMax}`, complex],
    ['Selections of a document; those of a fragment count once per spread', `${selectionsMax}`, complex],
    ['Pairs of fields with the same response name, and of sibling fragments', `${comparisonsMax}`, complex],
    ['Validation errors of a document', `${operationLimits.faultsMax}`, 'only the first are reported'],
    ['Values of variables, including those inside lists and objects', `${valuesMax}`, complex],
    ['Nested lists and objects of variables', `${valueNestingMax}`, complex],
    ['Nested fields (depth)', `${depthMax}`, complex],
    ['Aliases of an operation', `${aliasesMax}`, complex],
    ['Directives of an operation', `${directivesMax}`, complex],
    ['Root fields of an operation', `${rootFieldsMax}`, complex],
    ['Requested fields, times the rows of their pages (cost)', `${costMax}`, complex],
    ['Bytes of a response, or of an event of a stream', `${edge.answerBytesMax}`, complex],
    ['Time of an operation', `${edge.operationMs / 1_000} s`, '`SERVICE_UNAVAILABLE`'],
    [
      'Unread messages among which own ones, and those by blocked users, are looked for',
      `the newest ${limits.unreadSiftedMax}`,
      'older ones count',
    ],
    ['Messages that a user saves', `${limits.savedMax}`, '`CONFLICT`'],
    ['Rooms that a user pins to the top of their list', `${roomLimits.pinnedRoomsMax}`, '`CONFLICT`'],
    [
      'Messages that deleteMyMessages, or a ban, deletes at once',
      `${erasingLimits.messagesMax}`,
      'the newest are deleted: call it again',
    ],
    ['Hours of which a ban deletes messages', `${erasingLimits.purgeHoursMax}`, '`BAD_USER_INPUT`'],
    ['Calls of deleteMyMessages by a user', rate('erasuresOfUser'), '`RATE_LIMITED`'],
    [
      'Seconds after which messages of a room end by themselves',
      `${roomLimits.messageSecondsMin} to ${roomLimits.messageSecondsMax}`,
      '`BAD_USER_INPUT`',
    ],
    ['Characters of the description of a category', `${roomLimits.categoryDescriptionLengthMax}`, 'refused'],
    [
      'Rooms and users whose rings wait for PostgreSQL or a bus, on one server',
      `${feedDefaults.ringsQueuedMax}`,
      'the oldest is dropped; a sweep finds its events',
    ],
    ['Characters of a notification between servers', `${feedLimits.notificationLengthMax}`, 'split; of a bus, ignored'],
    [
      'Reads that wait for a connection to DATABASE_REPLICA_URL, on one server',
      `${replicaDefaults.waitingMax}`,
      'the primary answers',
    ],
    [
      'Time of a read there',
      `${replicaDefaults.statementTimeoutMs + replicaDefaults.silenceMs} ms`,
      `the primary answers, and all reads for ${replicaDefaults.closedMs / 1_000} s: at once if the replica is silent, else after ${replicaDefaults.slowInARowMax} slow reads in a row`,
    ],
    [
      'Searches there at once, and the time of a part of one',
      `${replicaDefaults.searchConnectionsMax}, ${replicaDefaults.searchTimeoutMs + replicaDefaults.silenceMs} ms`,
      'the primary answers this search',
    ],
    [
      'Time of a read there for a data export',
      `${replicaDefaults.exportTimeoutMs + replicaDefaults.silenceMs} ms`,
      'the primary answers this read',
    ],
    [
      'Age of what is read there, by the lease of the server',
      `${replicaDefaults.ageMsMax / 1_000} s`,
      'the primary answers',
    ],
    ['Documents of TRUSTED_DOCUMENTS_FILE', `${documentLimits.countMax}`, 'the server does not start'],
    ['Page size', `${limits.pageSizeMax}`, '`BAD_USER_INPUT`'],
    ['Bytes of a request or of a WebSocket frame', `${limits.requestBytesMax}`, 'status 413, close code 1009'],
    ['Bytes of a frame that begins no operation', `${limits.signalBytesMax}`, 'close code 1009'],
    ['Time for the headers of a request', `${edge.headersMs / 1_000} s`, 'the connection is dropped'],
    ['Time for the body of an operation', `${edge.requestMs / 1_000} s`, 'the connection is dropped'],
    ['Time until `connection_init`', `${feedDefaults.connectionInitMs / 1_000} s`, 'close code 4408'],
    [
      'Unsent bytes of a connection, or bytes of operations that a socket waits for',
      `${feedDefaults.socketBufferBytesMax}`,
      'the server stops reading from it',
    ],
    [
      'Time in which a connection takes none of its unsent bytes',
      `${feedDefaults.stallMs / 1_000} s`,
      'close code 1013, or the connection is dropped',
    ],
    [
      'Unsent bytes of all connections of a server',
      `${edgeRatios.unsentBytesOfHeap} of the heap limit`,
      'the connection with the most is dropped',
    ],
    ['Pipelined requests waiting on one HTTP connection', `${edge.requestsWaitingMax}`, 'the connection is dropped'],
    ['Concurrent queries and mutations of a socket', `${edge.answersAtOnceMax}`, 'they wait'],
    ['Characters of a ping payload', `${limits.pongPayloadLengthMax}`, 'the pong has no payload'],
    ['Concurrent operations of a socket', `${limits.subscriptionsPerSocketMax}`, '`TOO_MANY_SUBSCRIPTIONS`'],
    [
      'Total characters of the different subscription documents of a user on sockets',
      `${limits.subscriptionTextMax}`,
      '`TOO_MANY_SUBSCRIPTIONS`',
    ],
    [
      'The same of all users of a server; a user may have an eighth of what is left',
      `${limits.serverSubscriptionTextMax}`,
      '`TOO_MANY_SUBSCRIPTIONS`',
    ],
    ['Characters of the variables of a subscription', `${limits.subscriptionVariablesMax}`, '`OPERATION_TOO_COMPLEX`'],
    ['Operations of a user in a minute, on one server', `${edge.operationsPerMinuteMax}`, '`RATE_LIMITED`'],
    [
      'The same for an address, of callers who are not signed in',
      `${edge.addressOperationsPerMinuteMax}`,
      '`RATE_LIMITED`',
    ],
    [
      `Frames of a socket in a minute; one more for each ${socketRatios.bytesPerFrame} bytes of a frame`,
      `${frames}`,
      'close code 1013',
    ],
    [
      'The same of a user, or of an address for callers who are not signed in',
      `${socketRatios.callerFramesPerFrame * frames}`,
      'close code 1013',
    ],
    ['New documents of a user or address waiting to be parsed', `${operationLimits.textsWaitingMax}`, '`RATE_LIMITED`'],
    [
      'Operations of a user or address waiting for these',
      `${operationLimits.textOperationsWaitingMax}`,
      '`RATE_LIMITED`',
    ],
    [
      `Executions at once whose responses may have more than ${operationLimits.heavyAnswerBytes} bytes, of a server`,
      `${heavyPlaces.atOnceMax}, ${heavyPlaces.user.atOnceMax} of a user, ${heavyPlaces.address.atOnceMax} of an address`,
      `they wait; more than ${heavyPlaces.user.waitingMax} of a user \`RATE_LIMITED\``,
    ],
    [
      `Bytes of responses above ${operationLimits.largeAnswerBytes} bytes of a user or address waiting to be written`,
      `${operationLimits.callerAnswerBytesWaitingMax}`,
      '`SERVICE_UNAVAILABLE`',
    ],
    ['The same of all callers of a server', `${operationLimits.answerBytesWaitingMax}`, '`SERVICE_UNAVAILABLE`'],
    ['Sockets and event streams of a user', `${edge.socketsPerUserMax}`, 'close code 1013, `TOO_MANY_SUBSCRIPTIONS`'],
    ['Sockets and event streams of an address', `${edge.socketsPerAddressMax}`, 'status 429'],
    [
      'Connections of an address that is not a trusted proxy',
      `${socketRatios.connectionsPerSocket * edge.socketsPerAddressMax}`,
      'the connection is dropped',
    ],
    ['Messages of a user, over all rooms', `${edge.sendsMax} in ${sendWindowMs / 1_000} s`, '`RATE_LIMITED`'],
    ['Edits of messages by a user', rate('editsOfUser'), '`RATE_LIMITED`'],
    ['Reactions of a user added to or removed from one message', rate('reactionsToMessage'), '`RATE_LIMITED`'],
    ['Members that a message mentions by name', `${limits.mentionsMax}`, 'further names are plain text'],
    [
      'Members whose names are in a body, of which those that can be mentioned are found',
      `${limits.mentionsLookedAtMax}`,
      'further names are plain text',
    ],
    ['Members that `@everyone` notifies', `${limits.groupMentionsMax}`, 'it counts as a mention, without an event'],
    ['Members that `@here` mentions', `${limits.groupMentionsMax}`, 'further ones are not mentioned'],
    ['Brackets of a body that may begin a link, for mentions', `${limits.linksParsedMax}`, 'further ones are text'],
    ['Characters of a search', `${limits.searchLengthMax}`, '`BAD_USER_INPUT`'],
    [
      'Words of a search, and of each phrase, that the index looks up',
      `${limits.searchLookupsMax}`,
      'the longest are looked up, and the matches compared with all',
    ],
    ['Rooms that a user creates, including direct rooms', rate('roomsOfUser'), '`RATE_LIMITED`'],
    ['Rooms that a user joins', rate('joinsOfUser'), '`RATE_LIMITED`'],
    ['Calls of a user that add members', rate('additionsOfUser'), '`RATE_LIMITED`'],
    ['Invites that a user creates', rate('invitesOfUser'), '`RATE_LIMITED`'],
    [
      'Invitations into rooms that a user creates',
      `${invitationLimits.madeMax} in ${invitationLimits.windowMs / 1_000} s`,
      '`RATE_LIMITED`',
    ],
    [
      'Pending invitations of a user, and of a room',
      `${invitationLimits.waitingPerUserMax}, ${invitationLimits.waitingPerRoomMax}`,
      '`CONFLICT`',
    ],
    ['Friend requests of a user', rate('friendRequestsOfUser'), '`RATE_LIMITED`'],
    ['Messages that a user reports', rate('reportsOfUser'), '`RATE_LIMITED`'],
    ['Characters of the reason of a suspension', `${auditLimits.detailLengthMax}`, '`BAD_USER_INPUT`'],
    ['Uploads that a user creates', rate('uploadsOfUser'), '`RATE_LIMITED`'],
    ...fileRows(),
    ['Message searches of a user', rate('searchesOfUser'), '`RATE_LIMITED`'],
    ['Profile changes of a user', rate('profilesOfUser'), '`RATE_LIMITED`'],
    ['Changes of `showsReceipts` by a user', rate('receiptChangesOfUser'), '`RATE_LIMITED`'],
    ['Data exports of a user', `${dataExportLimits.exportsPerDayMax} in 24 h`, '`RATE_LIMITED`'],
    ['Failed sign-ins from an address to one account', rate('signInToAccount'), '`RATE_LIMITED`'],
    ['Failed sign-ins from an address', rate('signInFromAddress'), '`RATE_LIMITED`'],
    ['Accounts and guests created from an address', rate('signUpFromAddress'), '`RATE_LIMITED`'],
    ['Session refreshes from an address', rate('refreshFromAddress'), '`RATE_LIMITED`'],
    ['Wrong current-password attempts of a user', rate('passwordOfUser'), '`RATE_LIMITED`'],
    ['Passwords that a user sets, including room passwords', rate('passwordSetByUser'), '`RATE_LIMITED`'],
    ['Wrong room passwords of a user for one room', rate('passwordOfRoom'), '`RATE_LIMITED`'],
    ['Wrong room passwords from an address for one room', rate('passwordOfRoomFromAddress'), '`RATE_LIMITED`'],
    ['Passwords waiting to be hashed', `${signInLimits.hashesWaitingMax}`, '`SERVICE_UNAVAILABLE`'],
  ]
  return ['| Limit | Value | Above it |', '|---|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n')
}

/** The rows of uploaded files. */
function fileRows(): [what: string, bound: string, beyond: string][] {
  const { uploadPlaces, imagePlaces, imagePixelsMax, imageWholePixelsMax, imageFramesMax } = mediaLimits
  const { uploadBytesPerSecondMin, uploadWaitMs, imageMs, imageMemoryBytesMax } = readConfig({}).media
  const [unavailable, unsupported] = ['`SERVICE_UNAVAILABLE`', '`UNSUPPORTED_MEDIA`']
  const atOnce = ({ atOnceMax, user, address }: typeof uploadPlaces | typeof imagePlaces) =>
    `${atOnceMax}, ${user.atOnceMax} of a user, ${address.atOnceMax} of an address`
  const waiting = ({ waitingMax, user, address }: typeof uploadPlaces | typeof imagePlaces) =>
    `${waitingMax}, ${user.waitingMax} of a user, ${address.waitingMax} of an address`
  return [
    ['Concurrent uploads of a server', atOnce(uploadPlaces), 'the upload waits'],
    [
      'Uploads waiting for a slot',
      `${waiting(uploadPlaces)}, each for ${uploadWaitMs / 1_000} s`,
      `\`RATE_LIMITED\`, ${unavailable}`,
    ],
    ['Minimum bytes per second of an upload', `${uploadBytesPerSecondMin}`, unavailable],
    ['Images that a server decodes at once', atOnce(imagePlaces), 'the image waits'],
    [
      'Images waiting to be decoded',
      `${waiting(imagePlaces)}, each for ${imagePlaces.waitMs / 1_000} s`,
      `\`RATE_LIMITED\`, ${unavailable}`,
    ],
    ['Pixels of an image, over all frames', `${imagePixelsMax}`, unsupported],
    ['The same for a WebP or AVIF', `${imageWholePixelsMax}`, unsupported],
    ['Frames of an image', `${imageFramesMax}`, unsupported],
    ['Time to decode an image', `${imageMs / 1_000} s`, unsupported],
    ['Memory to decode an image', `${imageMemoryBytesMax} bytes`, unsupported],
  ]
}
