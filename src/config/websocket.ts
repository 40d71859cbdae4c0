// How many sockets, event streams and subscriptions there may be, and the times and limits of sockets. A part of config.ts.
// Unsent bytes of connections are in feed.ts.

import { integer } from './variable-types.ts'

/** The environment variables of how many connections there may be. */
export const connectionVariables = {
  SOCKETS_PER_ADDRESS: {
    schema: integer(0, 1_000_000),
    default: '200',
    description:
      'WebSockets and event streams that one address may have open on one server, and five times as many connections; 0 for no limit.',
  },
} as const

/** Limits of a user and of a socket. Overridable in tests, as a part of `config.edge`. */
export const connectionDefaults = {
  /** Sockets and event streams of one user on one server. */
  socketsPerUserMax: 50,
  /** Queries and mutations of a socket executed at once; more wait. */
  answersAtOnceMax: 16,
} as const

/** Limits of connections and frames that are a multiple of another number. */
export const socketRatios = {
  /** Connections of any kind per address, for each socket that it may have. */
  connectionsPerSocket: 5,
  /** Frames that a socket may send, for each operation of its user: it also sends `complete` and pings. */
  framesPerOperation: 4,
  /** A frame counts one more per this many of its bytes. */
  bytesPerFrame: 4_096,
  /** Frames of all sockets of a user, or of an address without a user, per frame of one socket. */
  callerFramesPerFrame: 5,
} as const

/** Limits of frames, operations and documents on sockets. */
export const socketLimits = {
  /** Bytes of a WebSocket frame that begins no operation, such as `connection_init` and `ping`. */
  signalBytesMax: 8_192,
  /** Characters of the id that a client gives an operation on a socket. */
  operationIdLengthMax: 256,
  /** Characters of a ping payload, as JSON, that the pong repeats. */
  pongPayloadLengthMax: 1_024,
  /** Operations of a socket at the same time. */
  subscriptionsPerSocketMax: 100,
  /** Total characters of the different subscription documents of a user, on sockets of one server. */
  subscriptionTextMax: 65_536,
  /** Characters of the different texts of all subscriptions on sockets of one server. */
  serverSubscriptionTextMax: 1_048_576,
  /** Characters of a subscription's variables as JSON. */
  subscriptionVariablesMax: 2_048,
} as const

/** Times of sockets, overridable in tests as a part of `config.feed`. */
export const socketDefaults = {
  /** Time in which a socket must send `connection_init`. */
  connectionInitMs: 3_000,
  /** Ping interval of sockets; one that did not answer before the next ping is dropped. */
  heartbeatMs: 15_000,
  /** Time for a socket to complete the closing handshake when the server stops. */
  closeMs: 2_000,
} as const
