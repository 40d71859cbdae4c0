// Weights of the numbers of the configuration: each number times the largest thing that it counts.

import { limits } from '../../../src/config/config.ts'
import type { friendLimits } from '../../../src/config/friends.ts'
import { type Weight, weighs, weighsNothing } from './scopes.ts'

/** A character takes up to four bytes. */
const character = weighs('text', 4)
/** A row of a table with the longest texts but those of messages. */
const rowBytes = 4_096
const messageBytes = limits.messageBytesMax
/** An id, or a pair of them, in a set or map. */
const idBytes = 200
const row = weighs('statement', rowBytes, 0.05)
const id = weighs('statement', idBytes, 0.01)
const lookedAt = weighs('statement', 256, 0.01)

/** `limits` of config.ts. */
export const numbersOfLimits: Readonly<Record<string, Weight>> = {
  usernameLengthMin: weighsNothing,
  usernameLengthMax: character,
  displayNameLengthMax: character,
  bioLengthMax: character,
  passwordLengthMin: weighsNothing,
  passwordLengthMax: character,
  userAgentLengthMax: character,
  sessionsPerUserMax: weighs('user', rowBytes),
  roomNameLengthMax: character,
  roomDescriptionLengthMax: character,
  roomPasswordLengthMax: character,
  inviteCodeLengthMax: character,
  inviteUsesMax: weighsNothing,
  invitesPerRoomMax: weighs('operation', rowBytes),
  floorsKeptMax: weighs('server', limits.slowestKeptMax * 200),
  slowestKeptMax: weighs('statement', idBytes),
  banReasonLengthMax: character,
  membersAddedMax: weighs('statement', rowBytes, 1),
  // they are counted and paged, never read all at once
  roomMembersMax: weighs('server', 0),
  messageLengthMax: character,
  messageBytesMax: weighs('text', 1),
  nonceLengthMax: character,
  mentionsMax: weighs('statement', rowBytes, 0.1),
  linksParsedMax: weighs('operation', 256, 0.05),
  mentionsLookedAtMax: weighs('statement', rowBytes, 0.1),
  groupMentionsMax: weighs('statement', rowBytes, 0.1),
  mentionsCountedMax: lookedAt,
  unreadSiftedMax: lookedAt,
  // they are paged
  savedMax: weighs('user', idBytes),
  editsKeptMax: weighs('statement', messageBytes, 0.05),
  reactionKindsMax: weighs('operation', rowBytes),
  pinnedMax: weighs('operation', messageBytes),
  reportReasonLengthMax: character,
  reportsShownMax: weighs('command line', messageBytes),
  nameSimilarityMin: weighsNothing,
  usersPassedMax: lookedAt,
  usersAlikeMax: weighs('statement', rowBytes, 0.01),
  searchLengthMax: character,
  searchLookupsMax: lookedAt,
  searchedRoomsMax: id,
  searchMatchesMax: lookedAt,
  'searchSample.rowsMax': weighs('statement', 64, 0.001),
  'searchSample.bytesMax': weighs('statement', 1, 0),
  'searchWalk.rowsMax': weighs('statement', 64, 0.001),
  'searchWalk.bytesMax': weighs('statement', 1, 0),
  'searchProbe.messagesMin': weighsNothing,
  'searchProbe.places': weighs('statement', 256, 0.5),
  pageSizeDefault: weighs('statement', messageBytes, 0.1),
  pageSizeMax: weighs('statement', messageBytes, 0.1),
  nodesMax: weighs('statement', messageBytes, 0.1),
  openReportsCountedMax: lookedAt,
  typingUsersMax: weighs('server', 1_000),
  // a frame is there as bytes, as text, and as what JSON makes of it
  requestBytesMax: weighs('operation', 12, 1 / 4_096),
  signalBytesMax: weighs('connection', 12, 1 / 4_096),
  subscriptionsPerSocketMax: weighs('connection', 20_000),
  // a parsed document without its tokens has up to 90 times the size of its text
  subscriptionTextMax: weighs('user', 90),
  serverSubscriptionTextMax: weighs('server', 90),
  subscriptionVariablesMax: weighs('connection', 12),
  pongPayloadLengthMax: weighs('connection', 12),
  operationIdLengthMax: weighs('connection', 4),
  attachmentsMax: weighs('statement', rowBytes, 0.5),
  mediaNameLengthMax: character,
  mimeTypeLengthMax: character,
  uploadsPendingMax: weighs('user', rowBytes),
  uploadsUnusedMax: weighs('user', rowBytes),
}

/** `operationLimits`: see what tests of heavy documents measure. */
export const numbersOfOperations: Readonly<Record<string, Weight>> = {
  tokensMax: weighs('operation', 400, 0.004),
  nestingMax: weighs('operation', 2_000),
  nameLengthMax: character,
  valuesMax: weighs('operation', 1_000, 0.01),
  valueNestingMax: weighs('operation', 2_000),
  selectionsMax: weighs('operation', 200, 0.01),
  comparisonsMax: weighs('operation', 400, 0.002),
  faultsMax: weighs('operation', 8_000),
  faultLengthMax: character,
  depthMax: weighs('operation', 2_000),
  // each repeats the longest text of a row, of which `answerBytesMax` bounds the sum
  aliasesMax: weighs('operation', 200),
  directivesMax: weighs('operation', 400),
  rootFieldsMax: weighs('operation', rowBytes, 10),
  costMax: weighs('operation', 400, 0.012),
  listCostRows: weighsNothing,
  introspectionCost: weighsNothing,
  introspectionBytes: weighs('operation', 3),
  fieldsPerCount: weighsNothing,
  tokensPerCount: weighsNothing,
  charactersPerCount: weighsNothing,
  comparisonsPerCount: weighsNothing,
  answerBytesPerCount: weighsNothing,
  heavyAnswerBytes: weighsNothing,
  largeAnswerBytes: weighsNothing,
  // the values; those of all callers together are bounded, too
  callerAnswerBytesWaitingMax: weighs('user', 1),
  answerBytesWaitingMax: weighs('server', 1),
  bodyBytesPerCount: weighsNothing,
  textsWaitingMax: weighs('user', limits.requestBytesMax * 5, 40),
  // their texts are the same, and their variables differ
  textOperationsWaitingMax: weighs('user', limits.requestBytesMax * 3),
  plannedFieldsMax: weighs('server', 2_200, 0.01),
  // its fields are counted by themselves
  plansPerDocumentMax: weighs('operation', 500),
  keptTextMax: weighs('server', 230),
}

/** Weights of the numbers in `readConfig().edge`, as in production. */
export const numbersOfEdge: Readonly<Record<string, Weight>> = {
  requestsWaitingMax: weighs('connection', limits.requestBytesMax),
  answersAtOnceMax: weighs('connection', limits.requestBytesMax),
  socketsPerUserMax: weighs('user', 1_048_576 / 2),
  // a socket that is read holds its own bytes; what waits for all together is bounded by `unsentBytesMax`
  socketsPerAddressMax: weighs('user', 10_240),
  // over a minute: an operation that counts once takes about a millisecond
  operationsPerMinuteMax: weighs('user', 0, 1),
  addressOperationsPerMinuteMax: weighs('server', 0, 0.8),
  sendsMax: weighs('user', messageBytes * 2, 0.5),
  // a quarter more than that part of a heap of a gigabyte, which is at the most what it may be here
  unsentBytesMax: weighs('server', 0),
  // the values, and the text that is made of them
  answerBytesMax: weighs('operation', 3, 1 / 32_768),
}

/** `feedDefaults` and `feedLimits`. */
export const numbersOfFeed: Readonly<Record<string, Weight>> = {
  recentEventsMax: weighs('statement', 512),
  pageEventsMax: weighs('statement', messageBytes, 0.2),
  eventsAheadMax: weighs('operation', 400),
  socketBufferBytesMax: weighs('connection', 1),
  ringsQueuedMax: weighs('server', idBytes),
  notificationLengthMax: weighs('text', 1),
  hintsQueuedMax: weighs('server', 512),
  hintsRenderedMax: weighs('server', rowBytes, 1),
  batchMax: weighs('statement', messageBytes, 0.1),
  batchTopicsMax: id,
  batchesUnderwayMax: weighs('server', 512 * messageBytes, 50),
  queuedSendsMax: weighs('server', messageBytes, 0.1),
  transactionTriesMax: weighsNothing,
  topicsPerReadMax: weighs('statement', 256 * 512, 1),
  hintTriesMax: weighsNothing,
  firstPageEvents: weighs('statement', messageBytes, 0.2),
}

/** `friendLimits`. */
export const numbersOfFriends: Readonly<Record<keyof typeof friendLimits, Weight>> = {
  friendsMax: weighs('user', idBytes, 0.01),
  requestsSentMax: weighs('user', rowBytes),
  blocksMax: weighs('user', idBytes * 2, 0.01),
  viewsPerLookupMax: weighs('statement', 4 * rowBytes, 0.1),
}

/** A body and its terms, and the time that the worst takes to split. */
export const numbersOfSearch: Readonly<Record<string, Weight>> = {
  messagesPerWriteMax: weighs('statement', 5 * messageBytes, 10),
}

/** Bounds of background work: each of so many rows in a statement. */
export const numbersOfChores: Readonly<Record<string, Weight>> = {
  accountsMax: row,
  roomsAtOnceMax: weighs('statement', rowBytes, 10),
  roomsPerReadMax: row,
  friendsPerWriteMax: weighs('statement', rowBytes, 1),
  rowsPerStatementMax: weighs('statement', rowBytes, 0.2),
  exportsPerDayMax: weighs('user', rowBytes),
  triesMax: weighsNothing,
  exportsPerRunMax: row,
  rowsPerReadMax: weighs('statement', messageBytes, 0.2),
  topicsPerReadMax: id,
  messagesPerWriteMax: weighs('statement', messageBytes, 1),
  roomsMax: row,
  membersPerWriteMax: weighs('statement', rowBytes, 1),
}
