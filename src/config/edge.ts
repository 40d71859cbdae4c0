// What the edge of a server takes from the outside, as operations, sockets and attempts: a part of config.ts.

import { isIP } from 'node:net'
import { getHeapStatistics } from 'node:v8'
import { z } from 'zod'
import { flag, integer } from './variable-types.ts'

const isNetwork = (text: string) => {
  const [address = '', bits = '0', ...rest] = text.split('/')
  const bitsMax = isIP(address) === 4 ? 32 : 128
  return isIP(address) > 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax && rest.length === 0
}

const networks = z
  .string()
  .optional()
  .transform((value = '') => value.split(/[ ,]+/).filter(Boolean))
  .refine((items) => items.every(isNetwork), 'must be addresses or networks such as 10.0.0.0/8, separated by commas')

/** The environment variables of the edge. */
export const edgeVariables = {
  TRUSTED_PROXIES: {
    schema: networks,
    default: '',
    description:
      'Addresses and networks of your reverse proxies, separated by commas. Only their `X-Forwarded-For` is believed.',
  },
  SOCKETS_PER_ADDRESS: {
    schema: integer(0, 1_000_000),
    default: '200',
    description:
      'WebSockets and event streams that one address may have open on one server, and five times as many connections; 0 for no bound.',
  },
  OPERATIONS_PER_MINUTE: {
    schema: integer(0, 1_000_000),
    default: '1200',
    description:
      'What one user may ask of one server in a minute, over all connections: see *Limits*. An address may ask five times as much for those who are not signed in. 0 for no bound.',
  },
  SENDS_PER_10_SECONDS: {
    schema: integer(0, 10_000),
    default: '50',
    description: 'Messages that one user may send in 10 seconds, over all rooms and servers; 0 for no bound.',
  },
  ANSWER_BYTES_MAX: {
    schema: integer(65_536, 1_000_000_000),
    default: '4194304',
    description:
      'Bytes of the values and names in one answer, or in one event of a stream. An operation that passes it ends with OPERATION_TOO_COMPLEX.',
  },
  RATE_LIMITS: {
    schema: flag,
    default: 'true',
    description:
      'Bounds how often one address may sign in, sign up and try passwords, and what one user may make and ask. Off for load tests alone.',
  },
} as const

/** Bounds of one operation, the same over HTTP, SSE and WebSocket. Beyond them it is OPERATION_TOO_COMPLEX. */
export const operationLimits = {
  /** Names, numbers, strings and signs of the document. */
  tokensMax: 2_000,
  /** Brackets and braces within each other: a parser goes down by itself for each. */
  nestingMax: 50,
  /** Characters of a field's name in the answer, which is said once for every row. */
  nameLengthMax: 100,
  /** Values of the variables, those inside lists and objects too. */
  valuesMax: 1_000,
  /** Lists and objects of the variables within each other. */
  valueNestingMax: 10,
  /** Selections of all operations and fragments, those of a fragment as often as it is spread. */
  selectionsMax: 4_000,
  /** Pairs that validation compares: fields of one name in the answer, and fragments beside each other. */
  comparisonsMax: 5_000,
  /** Faults that are found in one document. */
  faultsMax: 10,
  /** Characters of what is said of a fault: it may quote the client. */
  faultLengthMax: 1_000,
  /** Fields within each other. */
  depthMax: 15,
  aliasesMax: 50,
  directivesMax: 50,
  /** Fields of the operation itself, such as mutations that run one after another. */
  rootFieldsMax: 20,
  /** The fields that it can ask for: each counts once for every row that its page can have. */
  costMax: 20_000,
  /** A list without pages counts as so many rows. */
  listCostRows: 10,
  /** What `__schema` and `__type` count as, and each alias inside them; graphql itself bounds how deep they go. */
  introspectionCost: 5_000,
  /** Bytes that their answer is taken to have. */
  introspectionBytes: 262_144,
  /** It counts once for each of its root fields, or once for so many of the fields that it asks for. */
  fieldsPerCount: 1_000,
  /** A text that is not known counts once more for so many tokens, which take about a millisecond. */
  tokensPerCount: 250,
  /** The same for so many characters, such as those of long strings. */
  charactersPerCount: 16_384,
  /** The same for so many comparisons. */
  comparisonsPerCount: 500,
  /** An answer counts once more for so many bytes. */
  answerBytesPerCount: 131_072,
  /** The body of a request counts once more for so many bytes. */
  bodyBytesPerCount: 16_384,
  /** Texts of one user or address that wait to be parsed and checked: one is, in each round of the event loop. */
  textsWaitingMax: 20,
  /** After a text the next waits as long as the round of that text took, up to this: others have half of the time. */
  textPauseMsMax: 100,
  /** Parsed documents are kept for the next time while their texts have so many characters together. */
  keptTextMax: 262_144,
} as const

/** Times and bounds of connections. Tests shorten them; operators have no reason to. */
const edgeDefaults = {
  /** An operation that takes longer is answered with SERVICE_UNAVAILABLE, and asks the database nothing more. */
  operationMs: 15_000,
  /** Sockets and event streams of one user on one server. */
  socketsPerUserMax: 50,
  /** A request whose headers have not come by then is dropped. */
  headersMs: 10_000,
  /** A request whose body has not come by then is dropped. */
  requestMs: 12_000,
  /** Connections are looked at this often for what they have not taken. */
  unsentCheckMs: 1_000,
  /** Requests of one HTTP connection that wait for the answer to the one before them; with one more it is dropped. */
  requestsWaitingMax: 16,
  /** Queries and mutations of a socket that are executed at once; more wait. */
  answersAtOnceMax: 16,
  /** Connections are looked at this often for requests that are too slow. */
  slownessCheckMs: 2_000,
  /** An idle HTTP connection is kept for so long: longer than proxies keep theirs, so that they close first. */
  keepAliveMs: 75_000,
  /** When the server stops, the operations of its sockets have so long to be answered. */
  answerMs: 5_000,
} as const

/** How many of one thing go with one of another. */
export const edgeRatios = {
  /** Connections of whatever kind of an address, for each socket that it may have. */
  connectionsPerSocket: 5,
  /** Frames that a socket may send, for each operation of its user: it also sends their ends, and pings. */
  framesPerOperation: 4,
  /** A frame counts once more for so many of its bytes. */
  bytesPerFrame: 4_096,
  /** Frames of all sockets of a user, or of an address without a user, for each that one socket may send. */
  callerFramesPerFrame: 5,
  /** Operations of an address, for each of a user. */
  addressOperationsPerOperation: 5,
  /** The part of the heap's limit that may wait for all connections of a server together. */
  unsentBytesOfHeap: 1 / 8,
} as const

/** How a server stops, in production. Elsewhere it is at once: nobody waits for Ctrl-C. */
const stopDefaults = {
  /** It says so at `/readyz` for so long before it refuses anything. */
  unreadyMs: 2_000,
  /** Its sockets are closed one after another within this time, so that clients do not come back all at once. */
  closeSpreadMs: 5_000,
} as const

/** Times of what is slow, gone, or in the way of a stop. */
export const connectionLimits = {
  /** A request of any size, such as an upload, has so long. */
  requestMsMax: 10 * 60_000,
  /** When the server stops, requests that run have so long to complete. */
  closeMs: 3_000,
  /** Frames of one socket are held back for one write until the end of the tick, or until they have so many bytes. */
  heldBackBytesMax: 65_536,
  /** A socket that is given up has so long to say goodbye. */
  goodbyeMs: 1_000,
  /** A stop that takes longer is cut off. */
  stopMs: 20_000,
} as const

type Numbers = { readonly [K in keyof typeof edgeDefaults | keyof typeof stopDefaults]: number }

/** Numbers of the edge, overridable in tests. */
export interface EdgeConfig extends Numbers {
  readonly trustedProxies: readonly string[]
  /** Bytes that all connections of a server together may not have taken; past it the one that holds most is dropped. */
  readonly unsentBytesMax: number
  /** Sockets and event streams of one address on one server. */
  readonly socketsPerAddressMax: number
  /** Operations of one user on one server in a minute. */
  readonly operationsPerMinuteMax: number
  /** Operations of one address in a minute, on one server, of those who are not signed in. */
  readonly addressOperationsPerMinuteMax: number
  /** Bytes of one answer, or of one event of a stream. */
  readonly answerBytesMax: number
  /** Messages that one user may send in `sendWindowMs`. */
  readonly sendsMax: number
}

type Values = { [K in keyof typeof edgeVariables]: z.output<(typeof edgeVariables)[K]['schema']> } & {
  NODE_ENV: string
}

/** Makes the settings of the edge. */
export function readEdgeConfig(values: Values): EdgeConfig {
  const operations = (values.RATE_LIMITS && values.OPERATIONS_PER_MINUTE) || Number.POSITIVE_INFINITY
  const stop = values.NODE_ENV === 'production' ? stopDefaults : { unreadyMs: 0, closeSpreadMs: 0 }
  return {
    ...edgeDefaults,
    ...stop,
    trustedProxies: values.TRUSTED_PROXIES,
    unsentBytesMax: Math.floor(getHeapStatistics().heap_size_limit * edgeRatios.unsentBytesOfHeap),
    socketsPerAddressMax: values.SOCKETS_PER_ADDRESS || Number.POSITIVE_INFINITY,
    operationsPerMinuteMax: operations,
    addressOperationsPerMinuteMax: edgeRatios.addressOperationsPerOperation * operations,
    answerBytesMax: values.ANSWER_BYTES_MAX,
    sendsMax: values.SENDS_PER_10_SECONDS || Number.POSITIVE_INFINITY,
  }
}

/** Bounds of what is logged of requests that are refused for their host or origin. */
export const refusalLimits = {
  loggedPerMinuteMax: 30,
  /** Characters of a host or an origin. */
  loggedTextMax: 200,
} as const

/** The window of SENDS_PER_10_SECONDS. */
export const sendWindowMs = 10_000

/** How often something may be tried: so many times in so many seconds. */
export interface Rate {
  readonly points: number
  readonly seconds: number
}

/**
 * How often somebody may try, over all servers.
 *
 * The windows are short, and every key has the one in it who tries, so that nobody can lock somebody else out.
 */
export const rateDefaults = {
  /** Failed sign-ins of one address to one username. */
  signInToAccount: { points: 10, seconds: 300 },
  /** Failed sign-ins of one address. */
  signInFromAddress: { points: 100, seconds: 300 },
  /** Accounts and guests that one address makes. */
  signUpFromAddress: { points: 100, seconds: 600 },
  /** Refreshes from one address. */
  refreshFromAddress: { points: 600, seconds: 60 },
  /** Passwords of the account that its user says wrongly. */
  passwordOfUser: { points: 10, seconds: 300 },
  /** Passwords that one user sets for the account or for rooms: each costs a core some time. */
  passwordSetByUser: { points: 10, seconds: 300 },
  /** Rooms that one user makes, and direct rooms that one opens for the first time. */
  roomsOfUser: { points: 60, seconds: 600 },
  /** Rooms that one user enters. */
  joinsOfUser: { points: 60, seconds: 600 },
  /** How often one user adds members. */
  additionsOfUser: { points: 60, seconds: 600 },
  /** Invites that one user makes. */
  invitesOfUser: { points: 60, seconds: 600 },
  /** Friend requests that one user sends. */
  friendRequestsOfUser: { points: 60, seconds: 600 },
  /** Messages that one user reports. */
  reportsOfUser: { points: 30, seconds: 600 },
  /** Uploads that one user announces. */
  uploadsOfUser: { points: 200, seconds: 600 },
  /** Searches of one user through messages. */
  searchesOfUser: { points: 120, seconds: 60 },
  /** Changes of one user to their profile, of which many are told. */
  profilesOfUser: { points: 60, seconds: 600 },
  /** Wrong passwords of one user for one room. */
  passwordOfRoom: { points: 10, seconds: 300 },
  /** Wrong passwords of one address for one room, since guests are easily made. */
  passwordOfRoomFromAddress: { points: 50, seconds: 300 },
} as const

/** Counts that are over are deleted this often. */
export const rateSweepMs = 10 * 60_000

/** What is counted. */
export type RateName = keyof typeof rateDefaults

/** How often each may be tried. */
export type RateConfig = Readonly<Record<RateName, Rate>>

/** Makes the rates; null where nothing is counted. */
export function readRateConfig(values: Pick<Values, 'RATE_LIMITS'>): RateConfig | null {
  return values.RATE_LIMITS ? rateDefaults : null
}
