// The numbers of what a server does beside its operations: see `numbers.ts`.

import { signInLimits } from '../../../src/config/auth.ts'
import { mediaLimits } from '../../../src/config/media.ts'
import { type Weight, weighs, weighsNothing } from './scopes.ts'

const character = weighs('text', 4)
const rowBytes = 4_096
const idBytes = 200
/** Bytes of a waiting request: its connection, and the promise of its answer. */
const waiterBytes = 20_000
const waiter = weighs('server', waiterBytes)
const waiterOfUser = weighs('user', waiterBytes)
/** A hash of a password of a new account; those of imports take up to five times as long. */
const hashMs = 100

/** `mediaLimits` and `mediaDefaults`. */
export const numbersOfMedia: Readonly<Record<string, Weight>> = {
  sweepMax: weighs('statement', rowBytes, 0.2),
  // what has come of a file goes to the disk
  'uploadPlaces.atOnceMax': weighs('server', 262_144),
  'uploadPlaces.waitingMax': weighs('server', 262_144 / 2),
  'uploadPlaces.user.atOnceMax': weighs('user', 262_144),
  'uploadPlaces.user.waitingMax': waiterOfUser,
  'uploadPlaces.address.atOnceMax': weighs('user', 262_144),
  'uploadPlaces.address.waitingMax': waiterOfUser,
  // decoded bytes of a pixel, once before and once after it is turned upright
  imagePixelsMax: weighs('images', 8),
  imageWholePixelsMax: weighs('images', 20),
  imageFramesMax: weighs('images', 10_000, 10),
  'imagePlaces.atOnceMax': weighs('images', 671_088_640),
  'imagePlaces.waitingMax': waiter,
  'imagePlaces.user.atOnceMax': weighs('images', 671_088_640),
  'imagePlaces.user.waitingMax': waiterOfUser,
  'imagePlaces.address.atOnceMax': weighs('images', 671_088_640),
  'imagePlaces.address.waitingMax': waiterOfUser,
  imageKeptBytesMax: weighs('images', mediaLimits.imagePlaces.atOnceMax),
  imageMemoryBytesMax: weighs('images', mediaLimits.imagePlaces.atOnceMax),
  thumbnailSizeMax: weighs('images', 320 * 4),
  headBytes: weighs('operation', 1),
  uploadBytesPerSecondMin: weighsNothing,
}

/** `presenceDefaults`. */
export const numbersOfPresence: Readonly<Record<string, Weight>> = {
  leasesPerClearMax: weighs('statement', rowBytes, 10),
  rowsPerWriteMax: weighs('statement', 512, 0.05),
  visitsWaitingMax: weighs('server', 512),
  seenWaitingMax: weighs('server', idBytes),
  onlineCountsMax: weighs('server', 400),
  roomsToldMax: weighs('statement', idBytes, 0.5),
  roomMembersToldMax: weighs('statement', idBytes, 0.05),
  advancesPerTurnMax: weighs('statement', 512, 0.2),
  roomsFollowedMax: weighs('user', idBytes * 2, 0.01),
  advancesWaitingMax: weighs('server', 512),
  friendsToldMax: weighs('statement', 512, 0.05),
}

/** `roomLimits`. */
export const numbersOfRooms: Readonly<Record<string, Weight>> = {
  slugLengthMax: character,
  regionCodeLengthMax: character,
  discoveryNameLengthMax: character,
  categoryDescriptionLengthMax: character,
  titleNamesMax: weighs('statement', rowBytes, 0.05),
  pinnedRoomsMax: weighs('statement', idBytes, 0.01),
  messageSecondsMin: weighsNothing,
  categoriesMax: weighs('operation', rowBytes, 0.05),
  regionsInsideMax: weighs('operation', rowBytes, 0.05),
  factsPerLookupMax: weighs('statement', rowBytes, 0.1),
}

/** `signInLimits`. */
export const numbersOfSignIn: Readonly<Record<string, Weight>> = {
  accessTokenLengthMax: character,
  refreshTokenLengthMax: character,
  typedUsernameLengthMax: character,
  verifiedTokensMax: weighs('server', 1_024),
  knownSessionsMax: weighs('server', 700),
  sessionsPerLookupMax: weighs('statement', idBytes, 0.05),
  signInTriesMax: weighs('operation', 0, 70),
  hashesAtOnceMax: weighs('server', signInLimits.argonMemoryKibMax * 1_024 * 0.2, 5 * hashMs),
  hashesWaitingMax: weighs('server', waiterBytes, hashMs / signInLimits.hashesAtOnceMax),
  bcryptCostMax: weighsNothing,
  argonWorkMax: weighsNothing,
  argonMemoryKibMax: weighsNothing,
  argonPassesMax: weighsNothing,
  argonThreadsMax: weighsNothing,
  importBatchMax: weighs('command line', rowBytes, 1),
  importLineBytesMax: weighs('command line', 12),
  importFileBytesMax: weighs('command line', 3),
}

/** `databaseLimits` and `embeddedLimits`. */
export const numbersOfDatabase: Readonly<Record<string, Weight>> = {
  ownConnectionsMax: weighs('server', 1_048_576),
  lookupConnectionsMax: weighs('server', 1_048_576),
  lookupsUnderwayMax: weighsNothing,
  lookupsTogetherMax: weighsNothing,
  // a message of 16 KB, with its author
  gatheredKeysMax: weighs('statement', 5 * rowBytes, 0.1),
  restartTriesMax: weighsNothing,
  statementNamesMax: weighs('server', 4_096),
  startTriesMax: weighsNothing,
  recentLinesMax: weighs('server', 8_192),
}

/** Milliseconds of a core for one attempt of each kind in `rateDefaults`. */
export const attemptMs: Readonly<Record<string, number>> = {
  signInToAccount: 5 * hashMs,
  signInFromAddress: 5 * hashMs,
  signUpFromAddress: hashMs,
  refreshFromAddress: 5,
  passwordOfUser: 5 * hashMs,
  passwordSetByUser: hashMs,
  roomsOfUser: 10,
  joinsOfUser: 10,
  additionsOfUser: 100,
  invitesOfUser: 5,
  // each may delete 1,000 messages, a page at a time
  erasuresOfUser: 200,
  editsOfUser: 20,
  reactionsToMessage: 10,
  friendRequestsOfUser: 10,
  reportsOfUser: 10,
  uploadsOfUser: 5,
  searchesOfUser: 100,
  profilesOfUser: 50,
  // the time in which rooms are searched instead of looked up, one of them each 50 ms
  receiptChangesOfUser: 1_000,
  passwordOfRoom: hashMs,
  passwordOfRoomFromAddress: hashMs,
}
