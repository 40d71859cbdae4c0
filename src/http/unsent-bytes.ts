// Backpressure: the unsent bytes of every connection of a server, for HTTP, event streams and WebSockets.

import type { Socket } from 'node:net'

/**
 * The reason why a connection was dropped.
 *
 * `stalled`: it took none of its bytes. `serverFull`: it had the most unsent bytes. `pipelined`: it sent too many
 * requests without waiting for answers.
 */
export type DropReason = 'stalled' | 'serverFull' | 'pipelined'

/** Metrics of a server. */
export interface UnsentFigures {
  readonly connections: number
  /** Unsent bytes of connections, and bytes of socket messages in progress. */
  readonly unsentBytes: number
  /** WebSockets paused because they have too many unsent bytes. */
  readonly pausedSockets: number
  /** Connections dropped since the server started. */
  readonly drops: Readonly<Record<DropReason, number>>
}

/** Controls of a WebSocket, beyond its TCP socket. */
export interface Speaker {
  /** Stops reading from it. */
  pause(): void
  /** Resumes reading from it. */
  resume(): void
  /** Runs the work that waited for room for its answer. */
  goOn(): void
  /** Closes it with a code after which clients reconnect, and drops it when the close frame is not taken. */
  abandon(): void
}

/** The account of one connection. */
export interface ConnectionBytes {
  readonly socket: Socket
  /** Null for HTTP, where Node.js stops reading by itself. */
  speaker: Speaker | null
  /** Bytes of messages in progress. */
  inHandBytes: number
  /** True when it has so many unsent bytes that nothing more is produced for it. */
  readonly isFull: boolean
  /** True when reading from it is paused. */
  readonly isPaused: boolean
  /** Counts its unsent bytes. Call it after a write that was not taken at once. */
  note(): void
}

/** The account of a server. */
export interface UnsentBytes {
  /** Opens the account of a connection, or returns the open one. It is closed with the connection. */
  open(socket: Socket): ConnectionBytes
  /** Counts the unsent bytes of a connection, if its account is open. */
  note(socket: Socket): void
  /** Drops a connection at once. */
  drop(socket: Socket, reason: DropReason): void
  figures(): UnsentFigures
  /** Stops the checks. */
  close(): void
}

/** Limits of an account. */
export interface UnsentBounds {
  /** Above it a connection is paused, and nothing more is produced for it, until it has only a quarter. */
  readonly connectionBytesMax: number
  /** Above it the connection with the most unsent bytes is dropped, then the next. */
  readonly serverBytesMax: number
  /** Time after which a connection that takes none of its bytes is dropped. */
  readonly stallMs: number
  /** Interval of the checks of all connections. */
  readonly checkMs: number
  /** Called for each connection that is dropped. */
  onDrop(reason: DropReason): void
}

/** There are thousands of entries: they share their functions, which use `this`. */
interface Entry extends ConnectionBytes {
  isFull: boolean
  isPaused: boolean
  isOpen: boolean
  /** True when it was told to close. */
  isEnding: boolean
  /** Its unsent bytes at the last count. */
  bytes: number
  /** Bytes that the system had taken at the last check, and the number of checks without a change. */
  takenBytes: number
  stillLooks: number
}

/**
 * Creates the account of a server.
 *
 * Writers call `note` for bytes that were not taken at once, so that limits apply immediately. All connections are also
 * checked every `checkMs`, to cover writes of libraries. Waiting texts are counted in characters.
 */
export function createUnsentBytes({
  connectionBytesMax,
  serverBytesMax,
  stallMs,
  checkMs,
  onDrop,
}: UnsentBounds): UnsentBytes {
  const entries = new Map<Socket, Entry>()
  const drops: Record<DropReason, number> = { stalled: 0, serverFull: 0, pipelined: 0 }
  const looksMax = Math.max(1, Math.ceil(stallMs / checkMs))
  let total = 0

  function count(entry: Entry): void {
    const bytes = entry.socket.writableLength + entry.inHandBytes
    total += bytes - entry.bytes
    entry.bytes = bytes
  }

  function hold(entry: Entry): void {
    const wasFull = entry.isFull
    const unsent = entry.socket.writableLength
    entry.isFull = unsent > (wasFull ? connectionBytesMax / 4 : connectionBytesMax)
    const isPaused = entry.isFull || entry.inHandBytes > connectionBytesMax
    if (!entry.speaker) return
    if (isPaused !== entry.isPaused) turn(entry, entry.speaker, isPaused)
    if (wasFull && !entry.isFull) entry.speaker.goOn()
  }

  function turn(entry: Entry, speaker: Speaker, isPaused: boolean): void {
    entry.isPaused = isPaused
    if (isPaused) {
      entry.socket.on('drain', onDrain)
      speaker.pause()
    } else {
      entry.socket.off('drain', onDrain)
      speaker.resume()
    }
  }

  function note(this: Entry): void {
    if (!this.isOpen) return
    count(this)
    hold(this)
    if (total > serverBytesMax) relieve()
  }

  function onDrain(this: Socket): void {
    entries.get(this)?.note()
  }

  /** Drops the connections with the most unsent bytes, until the rest is within the limit. */
  function relieve(): void {
    for (const entry of entries.values()) count(entry)
    if (total <= serverBytesMax) return
    const most = [...entries.values()].filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes)
    for (const entry of most) {
      if (total <= serverBytesMax) return
      end(entry, 'serverFull')
    }
  }

  function end(entry: Entry, reason: DropReason): void {
    drops[reason] += 1
    onDrop(reason)
    entry.isEnding = true
    // the memory is needed at once: a close frame would wait behind all unsent bytes
    if (reason === 'stalled' && entry.speaker) {
      entry.speaker.abandon()
      return
    }
    forget(entry)
    entry.socket.destroy()
  }

  function forget(entry: Entry): void {
    if (!entry.isOpen) return
    entry.isOpen = false
    total -= entry.bytes
    entry.bytes = 0
    entries.delete(entry.socket)
  }

  function onClose(this: Socket): void {
    const entry = entries.get(this)
    if (entry) forget(entry)
  }

  function isStalled(entry: Entry): boolean {
    const taken = takenBytesOf(entry.socket)
    const isStill = entry.socket.writableLength > 0 && taken === entry.takenBytes
    entry.takenBytes = taken
    // checks instead of time, during which this process may have slept
    entry.stillLooks = isStill ? entry.stillLooks + 1 : 0
    return entry.stillLooks >= looksMax
  }

  function look(): void {
    for (const entry of entries.values()) {
      if (entry.socket.writableLength === 0 && entry.bytes === 0) continue
      if (!entry.isEnding && isStalled(entry)) end(entry, 'stalled')
      else entry.note()
    }
  }

  const looking = setInterval(look, checkMs).unref()

  return {
    open(socket) {
      const known = entries.get(socket)
      if (known) return known
      const entry: Entry = {
        ...{ socket, speaker: null, inHandBytes: 0, isFull: false, isPaused: false, note },
        ...{ isOpen: true, isEnding: false, bytes: 0, takenBytes: -1, stillLooks: 0 },
      }
      entries.set(socket, entry)
      socket.once('close', onClose)
      return entry
    },
    note: (socket) => entries.get(socket)?.note(),
    drop(socket, reason) {
      const entry = entries.get(socket)
      if (entry) end(entry, reason)
      else socket.destroy()
    },
    figures() {
      let pausedSockets = 0
      for (const entry of entries.values()) {
        count(entry)
        if (entry.isPaused) pausedSockets += 1
      }
      return { connections: entries.size, unsentBytes: total, pausedSockets, drops: { ...drops } }
    },
    close: () => clearInterval(looking),
  }
}

/** The part of Node.js' handle that shows how much of a write the system has taken; the socket shows whole writes only. */
interface Handle {
  readonly bytesWritten: number
  readonly writeQueueSize: number
}

function takenBytesOf(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { readonly _handle?: Handle | null }
  return handle ? handle.bytesWritten - handle.writeQueueSize : -1
}
