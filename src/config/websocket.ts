// Times and limits of WebSockets. A part of config.ts. Unsent bytes of connections are in feed.ts.

/** Limits of frames, operations and documents on sockets. */
export const socketLimits = {
  /** Bytes of a WebSocket frame that begins no operation, such as `connection_init` and `ping`. */
  signalBytesMax: 8_192,
  /** Characters of the id that a client gives an operation on a socket. */
  operationIdLengthMax: 256,
  /** Characters of a ping payload, as JSON, that the pong repeats. */
  pongPayloadLengthMax: 1_024,
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
