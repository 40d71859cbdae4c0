// Limits of the network side: operations and times. How many sockets and streams: websocket.ts. A part of config.ts.

import { isIP } from 'node:net'
import { getHeapStatistics } from 'node:v8'
import { z } from 'zod'
import { integer } from './variable-types.ts'
import { connectionDefaults, connectionVariables } from './websocket.ts'

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

/** The environment variables of the metrics. */
export const metricsVariables = {
  METRICS_PORT: {
    schema: integer(0, 65_535).optional(),
    default: '',
    description:
      'The port of the metrics for Prometheus, at `/metrics`; 0 picks a free one. Without it they are not served. Never the public port.',
  },
  METRICS_HOST: {
    schema: z.string().min(1),
    default: '127.0.0.1',
    description:
      'The address of the metrics. They hold no names and no texts, but show your load: do not open them to the Internet.',
  },
} as const

/** Where the metrics are served; not at all when the port is null. */
export interface MetricsConfig {
  readonly port: number | null
  readonly host: string
}

/** The environment variables of HTTP and WebSockets. */
export const edgeVariables = {
  TRUSTED_PROXIES: {
    schema: networks,
    default: '',
    description:
      'Addresses and networks (CIDR) of your reverse proxies, separated by commas. `X-Forwarded-For` is trusted only from them.',
  },
  ...connectionVariables,
  OPERATIONS_PER_MINUTE: {
    schema: integer(0, 1_000_000),
    default: '1200',
    description:
      'Operations that one user may run on one server in a minute, over all connections: see *Limits*. Callers who are not signed in share five times as many per address. 0 for no limit.',
  },
  SENDS_PER_10_SECONDS: {
    schema: integer(0, 10_000),
    default: '50',
    description: 'Messages that one user may send in 10 seconds, over all rooms and servers; 0 for no limit.',
  },
  ANSWER_BYTES_MAX: {
    schema: integer(65_536, 1_000_000_000),
    default: '2097152',
    description:
      'Maximum bytes of values and names in one response, or in one event of a stream. A larger one fails with OPERATION_TOO_COMPLEX.',
  },
} as const

/** Bounds of executions whose responses may be large, tens of ms each. */
export const heavyPlaces = {
  /** Executions at the same time. */
  atOnceMax: 3,
  /** Executions that wait; one more is refused. */
  waitingMax: 400,
  /** One that has waited this long is refused. */
  waitMs: 10_000,
  user: { atOnceMax: 2, waitingMax: 50 },
  address: { atOnceMax: 2, waitingMax: 200 },
} as const

/** Limits of one operation over HTTP, SSE and WebSocket. An operation above one fails with OPERATION_TOO_COMPLEX. */
export const operationLimits = {
  /** Tokens of the document: names, numbers, strings and punctuators. */
  tokensMax: 2_000,
  /** Nested brackets and braces: the parser recurses for each. */
  nestingMax: 50,
  /** Characters of a field's response name, which is repeated for every row. */
  nameLengthMax: 100,
  /** Values of the variables, including those inside lists and objects. */
  valuesMax: 1_000,
  /** Nested lists and objects of the variables. */
  valueNestingMax: 10,
  /** Selections of all operations and fragments; those of a fragment count once per spread. */
  selectionsMax: 4_000,
  /** Pairs that validation compares: fields with the same response name, and sibling fragments. */
  comparisonsMax: 5_000,
  /** Validation errors that are reported for one document. */
  faultsMax: 10,
  /** Characters of an error message: it may quote the client. */
  faultLengthMax: 1_000,
  /** Nested fields. */
  depthMax: 15,
  aliasesMax: 50,
  directivesMax: 50,
  /** Root fields, such as mutations, which run one after another. */
  rootFieldsMax: 20,
  /** Requested fields: each counts once for every row that its page can have. */
  costMax: 20_000,
  /** Rows that a list without pages counts as. */
  listCostRows: 10,
  /** Cost of `__schema` and `__type`, and of each alias inside them; graphql itself limits their depth. */
  introspectionCost: 5_000,
  /** Estimated bytes of their response. */
  introspectionBytes: 262_144,
  /** An operation counts once per root field, or once for this many requested fields. */
  fieldsPerCount: 1_000,
  /** An uncached document counts once more for this many tokens, which take about a millisecond. */
  tokensPerCount: 250,
  /** The same for this many characters, such as those of long strings. */
  charactersPerCount: 16_384,
  /** The same for this many comparisons. */
  comparisonsPerCount: 500,
  /** A response counts once more for this many bytes. */
  answerBytesPerCount: 131_072,
  /** Executions whose response may be larger share slots. */
  heavyAnswerBytes: 1_048_576,
  /** A larger response waits for the turn of its caller before it is written as JSON, which takes milliseconds. */
  largeAnswerBytes: 262_144,
  /** Bytes of large responses of one user or address that wait; further ones fail with SERVICE_UNAVAILABLE. */
  callerAnswerBytesWaitingMax: 16_777_216,
  /** The same for all callers. */
  answerBytesWaitingMax: 67_108_864,
  /** A request counts one more per this many bytes of its body. */
  bodyBytesPerCount: 16_384,
  /** Fields of the plans that are kept for documents; above it all are made again. The clients of Kabar have 4,000. */
  plannedFieldsMax: 10_000,
  /** Plans of one document: one for each operation and each choice of `@skip` and `@include`. */
  plansPerDocumentMax: 16,
  /** Different documents of one user or address that wait to be parsed: one is, in each turn of the event loop. */
  textsWaitingMax: 20,
  /** Operations of one user or address that wait for these documents. */
  textOperationsWaitingMax: 40,
  /** The longest pause after a turn of work, which lasts twice as long as the turn took. */
  turnPauseMsMax: 200,
  /** Time after which an operation is logged as slow. */
  slowMs: 500,
  /** Total characters of the documents whose parsed form is cached. */
  keptTextMax: 131_072,
} as const

/** Times and limits of connections. Tests shorten them; operators have no reason to. */
const edgeDefaults = {
  /** Time after which an operation fails with SERVICE_UNAVAILABLE and sends no more statements. */
  operationMs: 15_000,
  /** Time in which the headers of a request must arrive. */
  headersMs: 10_000,
  /** Time in which the body of a request must arrive. */
  requestMs: 12_000,
  /** Interval at which connections are checked for unsent bytes. */
  unsentCheckMs: 1_000,
  /** Pipelined requests that wait on one HTTP connection; with one more it is dropped. */
  requestsWaitingMax: 16,
  /** Interval at which connections are checked for slow requests. */
  slownessCheckMs: 2_000,
  /** Keep-alive time of idle HTTP connections: longer than that of proxies, so that they close first. */
  keepAliveMs: 75_000,
  /** Time for running operations of sockets to be answered when the server stops. */
  answerMs: 5_000,
} as const

/** Limits that are a multiple of another number. */
export const edgeRatios = {
  /** Operations of an address, for each operation of a user. */
  addressOperationsPerOperation: 5,
  /** Share of the heap limit that unsent bytes of all connections may take. */
  unsentBytesOfHeap: 1 / 8,
} as const

/** Times of a graceful stop in production. Elsewhere the server stops at once, for Ctrl-C. */
const stopDefaults = {
  /** Time during which `/readyz` is unready before requests are refused. */
  unreadyMs: 2_000,
  /** Time over which sockets are closed one after another, so that clients do not all reconnect at once. */
  closeSpreadMs: 5_000,
} as const

/** Times and limits of connections that tests do not change. */
export const connectionLimits = {
  /** Maximum time of any request, such as an upload. */
  requestMsMax: 10 * 60_000,
  /** Time for running requests to complete when the server stops. */
  closeMs: 3_000,
  /** Frames of one socket are buffered for one write until the end of the tick, or until they have this many bytes. */
  heldBackBytesMax: 65_536,
  /** Texts of this many characters are written as Buffers: see `socket-writer.ts`. */
  largeTextLength: 65_536,
  /** Time for a dropped socket to complete the closing handshake. */
  goodbyeMs: 1_000,
  /** Time after which a stop is forced. */
  stopMs: 20_000,
} as const

type Numbers = {
  readonly [K in keyof typeof edgeDefaults | keyof typeof stopDefaults | keyof typeof connectionDefaults]: number
}

/** Settings of HTTP and WebSockets, overridable in tests. */
export interface EdgeConfig extends Numbers {
  readonly trustedProxies: readonly string[]
  /** Unsent bytes of all connections of a server; above it the connection with the most is dropped. */
  readonly unsentBytesMax: number
  /** Sockets and event streams of one address on one server. */
  readonly socketsPerAddressMax: number
  /** Operations of one user on one server in a minute. */
  readonly operationsPerMinuteMax: number
  /** Operations of callers who are not signed in: of one address on one server in a minute. */
  readonly addressOperationsPerMinuteMax: number
  /** Bytes of one response, or of one event of a stream. */
  readonly answerBytesMax: number
  /** Messages that one user may send in `sendWindowMs`. */
  readonly sendsMax: number
}

type Values = { [K in keyof typeof edgeVariables]: z.output<(typeof edgeVariables)[K]['schema']> } & {
  NODE_ENV: string
  RATE_LIMITS: boolean
}

/** Reads the settings of HTTP and WebSockets. */
export function readEdgeConfig(values: Values): EdgeConfig {
  const operations = (values.RATE_LIMITS && values.OPERATIONS_PER_MINUTE) || Number.POSITIVE_INFINITY
  const stop = values.NODE_ENV === 'production' ? stopDefaults : { unreadyMs: 0, closeSpreadMs: 0 }
  return {
    ...edgeDefaults,
    ...connectionDefaults,
    ...stop,
    trustedProxies: values.TRUSTED_PROXIES,
    unsentBytesMax: Math.floor(getHeapStatistics().heap_size_limit * edgeRatios.unsentBytesOfHeap),
    socketsPerAddressMax: values.SOCKETS_PER_ADDRESS || Number.POSITIVE_INFINITY,
    operationsPerMinuteMax: operations,
    addressOperationsPerMinuteMax: edgeRatios.addressOperationsPerOperation * operations,
    answerBytesMax: values.ANSWER_BYTES_MAX,
    sendsMax: (values.RATE_LIMITS && values.SENDS_PER_10_SECONDS) || Number.POSITIVE_INFINITY,
  }
}

/** Limits of logging requests that are refused for their host or origin. */
export const refusalLimits = {
  loggedPerMinuteMax: 30,
  /** Characters of a logged host or origin. */
  loggedTextMax: 200,
} as const

/** Limits of requests. */
export const requestLimits = {
  /** Bytes of an HTTP request body or of a WebSocket frame. */
  requestBytesMax: 256 * 1_024,
} as const
