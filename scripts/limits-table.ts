// The table of limits in docs/limits.md. Every number comes from where the code keeps it.

import { dataExportLimits } from '../src/config/accounts.ts'
import { limits, readConfig } from '../src/config/config.ts'
import { edgeRatios, operationLimits, type RateName, rateDefaults, sendWindowMs } from '../src/config/edge.ts'
import { feedDefaults } from '../src/config/feed.ts'
import { mediaLimits } from '../src/config/media.ts'
import { invitationLimits } from '../src/config/rooms.ts'
import { signInLimits } from '../src/config/sign-in.ts'

/** Makes the table of limits from the numbers of the code. */
export function limitsTable(): string {
  const { edge } = readConfig({ NODE_ENV: 'production' })
  const { tokensMax, depthMax, aliasesMax, directivesMax, rootFieldsMax, costMax } = operationLimits
  const { nestingMax, nameLengthMax, valuesMax, valueNestingMax, selectionsMax, comparisonsMax } = operationLimits
  const rate = (name: RateName) => {
    const { points, seconds } = rateDefaults[name]
    return `${points} in ${seconds} s`
  }
  const frames = edgeRatios.framesPerOperation * edge.operationsPerMinuteMax
  const complex = '`OPERATION_TOO_COMPLEX`'
  const rows: [what: string, bound: string, beyond: string][] = [
    ['Tokens of a document', `${tokensMax}`, complex],
    ['Brackets of a document within each other', `${nestingMax}`, complex],
    ['Characters of a name in an answer', `${nameLengthMax}`, complex],
    ['Selections of a document, with what its fragments hold where they are spread', `${selectionsMax}`, complex],
    ['Pairs of fields of one name and of fragments beside each other', `${comparisonsMax}`, complex],
    ['Faults of a document that are told', `${operationLimits.faultsMax}`, 'the first of them'],
    ['Values of variables, also inside lists and objects', `${valuesMax}`, complex],
    ['Lists and objects of variables within each other', `${valueNestingMax}`, complex],
    ['Fields within each other', `${depthMax}`, complex],
    ['Aliases of an operation', `${aliasesMax}`, complex],
    ['Directives of an operation', `${directivesMax}`, complex],
    ['Fields at the root of an operation', `${rootFieldsMax}`, complex],
    ['Fields that an operation asks for, times the rows of their pages', `${costMax}`, complex],
    ['Bytes of an answer, or of an event of a stream', `${edge.answerBytesMax}`, complex],
    ['Time of an operation', `${edge.operationMs / 1_000} s`, '`SERVICE_UNAVAILABLE`'],
    ['Edges of a page', `${limits.pageSizeMax}`, '`BAD_USER_INPUT`'],
    ['Bytes of a request or of a WebSocket frame', `${limits.requestBytesMax}`, 'status 413, close code 1009'],
    ['The same of a frame that begins no operation', `${limits.signalBytesMax}`, 'close code 1009'],
    ['Time for the headers of a request', `${edge.headersMs / 1_000} s`, 'the connection is dropped'],
    ['Time for the body of an operation', `${edge.requestMs / 1_000} s`, 'the connection is dropped'],
    ['Time until `connection_init`', `${feedDefaults.connectionInitMs / 1_000} s`, 'close code 4408'],
    [
      'Bytes that a connection has not taken, or asked of a socket and not been answered',
      `${feedDefaults.socketBufferBytesMax}`,
      'it is read no further',
    ],
    [
      'Time in which a connection takes none of the bytes that wait for it',
      `${feedDefaults.stallMs / 1_000} s`,
      'close code 1013, or the connection is dropped',
    ],
    [
      'Bytes that all connections of a server have not taken',
      `${edgeRatios.unsentBytesOfHeap} of the heap’s limit`,
      'the connection that holds most is dropped',
    ],
    ['Requests that wait on one HTTP connection', `${edge.requestsWaitingMax}`, 'the connection is dropped'],
    ['Queries and mutations of a socket that are executed at once', `${edge.answersAtOnceMax}`, 'they wait'],
    ['Characters of the payload of a ping', `${limits.pongPayloadLengthMax}`, 'the pong has none'],
    ['Operations at once on a socket', `${limits.subscriptionsPerSocketMax}`, '`TOO_MANY_SUBSCRIPTIONS`'],
    [
      'Characters of the different subscriptions of a user on sockets',
      `${limits.subscriptionTextMax}`,
      '`TOO_MANY_SUBSCRIPTIONS`',
    ],
    [
      'The same of all users of a server; a user may have an eighth of what is left of it',
      `${limits.serverSubscriptionTextMax}`,
      '`TOO_MANY_SUBSCRIPTIONS`',
    ],
    ['Characters of their variables, each', `${limits.subscriptionVariablesMax}`, '`OPERATION_TOO_COMPLEX`'],
    ['Operations of a user in a minute, on one server', `${edge.operationsPerMinuteMax}`, '`RATE_LIMITED`'],
    [
      'The same of an address, for those who are not signed in',
      `${edge.addressOperationsPerMinuteMax}`,
      '`RATE_LIMITED`',
    ],
    [
      `Frames of a socket in a minute, one more for each ${edgeRatios.bytesPerFrame} bytes`,
      `${frames}`,
      'close code 1013',
    ],
    [
      'The same of a user, or of an address for those who are not signed in',
      `${edgeRatios.callerFramesPerFrame * frames}`,
      'close code 1013',
    ],
    ['New documents of a user or address that wait to be read', `${operationLimits.textsWaitingMax}`, '`RATE_LIMITED`'],
    ['Sockets and event streams of a user', `${edge.socketsPerUserMax}`, 'close code 1013, `TOO_MANY_SUBSCRIPTIONS`'],
    ['Sockets and event streams of an address', `${edge.socketsPerAddressMax}`, 'status 429'],
    [
      'Connections of an address that is no proxy',
      `${edgeRatios.connectionsPerSocket * edge.socketsPerAddressMax}`,
      'the connection is dropped',
    ],
    ['Messages of a user, over all rooms', `${edge.sendsMax} in ${sendWindowMs / 1_000} s`, '`RATE_LIMITED`'],
    ['Rooms that a user makes, direct ones too', rate('roomsOfUser'), '`RATE_LIMITED`'],
    ['Rooms that a user enters', rate('joinsOfUser'), '`RATE_LIMITED`'],
    ['Times that a user adds members', rate('additionsOfUser'), '`RATE_LIMITED`'],
    ['Invites that a user makes', rate('invitesOfUser'), '`RATE_LIMITED`'],
    [
      'Invitations into rooms that a user makes',
      `${invitationLimits.madeMax} in ${invitationLimits.windowMs / 1_000} s`,
      '`RATE_LIMITED`',
    ],
    [
      'Invitations that wait for a user, and those of a room',
      `${invitationLimits.waitingPerUserMax}, ${invitationLimits.waitingPerRoomMax}`,
      '`CONFLICT`',
    ],
    ['Friend requests of a user', rate('friendRequestsOfUser'), '`RATE_LIMITED`'],
    ['Messages that a user reports', rate('reportsOfUser'), '`RATE_LIMITED`'],
    ['Uploads that a user announces', rate('uploadsOfUser'), '`RATE_LIMITED`'],
    ...fileRows(),
    ['Searches of a user through messages', rate('searchesOfUser'), '`RATE_LIMITED`'],
    ['Changes of a user to their profile', rate('profilesOfUser'), '`RATE_LIMITED`'],
    ['Exports of a user', `${dataExportLimits.exportsPerDayMax} in 24 h`, '`RATE_LIMITED`'],
    ['Failed sign-ins of an address to one account', rate('signInToAccount'), '`RATE_LIMITED`'],
    ['Failed sign-ins of an address', rate('signInFromAddress'), '`RATE_LIMITED`'],
    ['Accounts and guests that an address makes', rate('signUpFromAddress'), '`RATE_LIMITED`'],
    ['Refreshed sessions of an address', rate('refreshFromAddress'), '`RATE_LIMITED`'],
    ['Passwords of the account that its user says wrongly', rate('passwordOfUser'), '`RATE_LIMITED`'],
    ['Passwords that a user sets, of rooms too', rate('passwordSetByUser'), '`RATE_LIMITED`'],
    ['Wrong passwords of a user for one room', rate('passwordOfRoom'), '`RATE_LIMITED`'],
    ['Wrong passwords of an address for one room', rate('passwordOfRoomFromAddress'), '`RATE_LIMITED`'],
    ['Passwords that wait to be hashed', `${signInLimits.hashesWaitingMax}`, '`SERVICE_UNAVAILABLE`'],
  ]
  return ['| What | Bound | Beyond it |', '|---|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n')
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
    ['Uploads that a server receives at once', atOnce(uploadPlaces), 'the upload waits'],
    [
      'Uploads that wait',
      `${waiting(uploadPlaces)}, each for ${uploadWaitMs / 1_000} s`,
      `\`RATE_LIMITED\`, ${unavailable}`,
    ],
    ['Bytes a second of an upload, at least', `${uploadBytesPerSecondMin}`, unavailable],
    ['Images that a server decodes at once', atOnce(imagePlaces), 'the image waits'],
    [
      'Images that wait',
      `${waiting(imagePlaces)}, each for ${imagePlaces.waitMs / 1_000} s`,
      `\`RATE_LIMITED\`, ${unavailable}`,
    ],
    ['Pixels of an image, over all frames', `${imagePixelsMax}`, unsupported],
    ['The same of a WebP or AVIF', `${imageWholePixelsMax}`, unsupported],
    ['Frames of an image', `${imageFramesMax}`, unsupported],
    ['Time to decode an image', `${imageMs / 1_000} s`, unsupported],
    ['Memory to decode an image', `${imageMemoryBytesMax} bytes`, unsupported],
  ]
}
