// What every connection of a server has been told and has not taken yet: HTTP, event streams and WebSockets alike.

import type { Socket } from 'node:net'

/**
 * Why a connection was ended.
 *
 * `stalled`: it took nothing. `serverFull`: it held most. `pipelined`: it asked too much without waiting for answers.
 */
export type DropReason = 'stalled' | 'serverFull' | 'pipelined'

/** The figures of a server, for metrics. */
export interface ByteFigures {
  readonly connections: number
  /** Bytes that connections have not taken, and of messages of sockets that are being worked on. */
  readonly unsentBytes: number
  /** WebSockets that are read no further, because they hold too much. */
  readonly pausedSockets: number
  /** Connections that were ended, since the server started. */
  readonly drops: Readonly<Record<DropReason, number>>
}

/** What can be done with a connection beyond its socket: a WebSocket. */
export interface Speaker {
  /** Reads it no further. */
  pause(): void
  /** Reads it again. */
  resume(): void
  /** Does what waited until there is room for its answer. */
  goOn(): void
  /** Closes it with a code on which clients come back, and drops it when that is not taken. */
  abandon(): void
}

/** The account of one connection. */
export interface ConnectionBytes {
  readonly socket: Socket
  /** Null for HTTP, where Node.js reads no further by itself. */
  speaker: Speaker | null
  /** Bytes of messages that are being worked on. */
  inHandBytes: number
  /** Whether it has so much to take that nothing more is made for it. */
  readonly isFull: boolean
  /** Whether it is read no further. */
  readonly isPaused: boolean
  /** Counts what it holds now. To be called when something was said that it did not take at once. */
  note(): void
}

/** The account of a server. */
export interface ByteAccount {
  /** Opens the account of a connection, or gives the one that is open. It is closed with the connection. */
  open(socket: Socket): ConnectionBytes
  /** Counts what a connection holds now, if its account is open. */
  note(socket: Socket): void
  /** Ends a connection at once. */
  drop(socket: Socket, reason: DropReason): void
  figures(): ByteFigures
  /** Stops looking. */
  close(): void
}

/** The bounds of an account. */
export interface ByteBounds {
  /** Past it a connection is read no further, and nothing more is made for it, until it holds a quarter. */
  readonly connectionBytesMax: number
  /** Past it the connection that holds most is dropped, and so on. */
  readonly serverBytesMax: number
  /** A connection that takes nothing of what it holds for so long is ended. */
  readonly stallMs: number
  /** All connections are looked at this often. */
  readonly checkMs: number
}

/** There are thousands: they share their function, which finds its own by `this`. */
interface Entry extends ConnectionBytes {
  isFull: boolean
  isPaused: boolean
  isOpen: boolean
  /** Whether it has been told to go. */
  isEnding: boolean
  /** What it held when it was last counted. */
  bytes: number
  /** What the system had taken when it was last looked at, and for how many looks it has been that. */
  takenBytes: number
  stillLooks: number
}

/**
 * Makes the account of a server.
 *
 * Whoever writes notes what was not taken at once, so that bounds hold at once; and all connections are looked at every
 * `checkMs`, so that they hold for whatever is written by a library too. Texts that wait are counted by characters.
 */
export function createByteAccount({ connectionBytesMax, serverBytesMax, stallMs, checkMs }: ByteBounds): ByteAccount {
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

  /** Drops those that hold most, until the rest is within the bound. */
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
    entry.isEnding = true
    // where others need the room there is no time for a goodbye, which stands behind all that was not taken
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
    // looks and not time, in which this process may have slept
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

/** The part of Node.js' handle that tells how much of a write the system has taken: the socket tells of whole writes. */
interface Handle {
  readonly bytesWritten: number
  readonly writeQueueSize: number
}

function takenBytesOf(socket: Socket): number {
  const { _handle: handle } = socket as Socket & { readonly _handle?: Handle | null }
  return handle ? handle.bytesWritten - handle.writeQueueSize : -1
}
