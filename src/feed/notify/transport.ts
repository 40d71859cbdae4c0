/** One connection of a transport, on its way or open. */
export interface Connection {
  /** Resolves once it is open: for a listening one, once texts arrive. Rejects when it cannot be opened. */
  readonly opened: Promise<unknown>
  /** Ends it, also while it is being opened. Never rejects. */
  close(): Promise<void>
}

/** A connection that sends. */
export interface SendingConnection extends Connection {
  /** Sends texts in their order. Resolves once the other side has taken them. */
  send(texts: readonly string[]): Promise<void>
}

/** The callbacks of a connection. */
export interface ConnectionHandlers {
  /** It has ended, or something is wrong with it. May be called again. */
  onLost(error: Error | null): void
}

/** The callbacks of a listening connection. */
export interface ListeningHandlers extends ConnectionHandlers {
  /** A text of any server, this one included. */
  onText(text: string): void
}

/**
 * Carries short texts between servers: PostgreSQL's NOTIFY, NATS or Redis.
 *
 * A connection is opened once and never again by itself: the notifier decides when to try the next one.
 */
export interface Transport {
  /** Names it for people, such as `NATS at bus.example:4222`, without a secret. */
  readonly name: string
  /** Says why nothing may arrive although both connections are open. */
  readonly silence: string
  /** Returns whether events can be read while no text arrives, so that polling helps. */
  canPoll(wasListening: boolean): Promise<boolean>
  listen(handlers: ListeningHandlers): Connection
  connect(handlers: ConnectionHandlers): SendingConnection
}
