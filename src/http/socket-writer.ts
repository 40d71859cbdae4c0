import type { Socket } from 'node:net'
import { WebSocket } from 'ws'

/** Writes text frames to one socket. */
export interface SocketWriter {
  /**
   * Sends one frame, made of a head of this socket and a tail that many sockets share.
   *
   * All frames of one tick leave in one write, in the order in which they were sent. Sending to a closed socket does
   * nothing.
   */
  send(head: Buffer, tail: Buffer): void
  /** Closes the socket after what was sent. */
  close(code: number, reason: string): void
  /** Bytes that the other end has not taken yet. */
  bufferedBytes(): number
  /** Resolves when all has been handed to the network, or the socket is gone. */
  drained(): Promise<void>
  /** Gives up on a reader that takes nothing, with a code on which clients come back. */
  abandon(): void
}

/** A frame without a tail. */
export const noTail = Buffer.alloc(0)

/** How long a socket that is given up has to say goodbye. */
const goodbyeMs = 1_000

/** The first byte of a text frame that is whole (RFC 6455, section 5.2). */
const wholeText = 0x81

/** Makes writers that share the end of the tick, at which all of them write. */
export function createSocketWriters(): (socket: WebSocket, tcp: Socket) => SocketWriter {
  let flushes: (() => void)[] = []

  function flushAll(): void {
    const due = flushes
    flushes = []
    for (const flush of due) flush()
  }

  function atEndOfTick(flush: () => void): void {
    if (flushes.length === 0) process.nextTick(flushAll)
    flushes.push(flush)
  }

  return (socket, tcp) => createSocketWriter(socket, tcp, atEndOfTick)
}

/**
 * Makes the writer of one socket.
 *
 * It writes frames itself, past `ws`, because a frame of a group needs one copy and one write, where `ws` would encode the
 * text again for every socket. That is safe without compression: `ws` then writes each of its own frames at once.
 */
function createSocketWriter(socket: WebSocket, tcp: Socket, atEndOfTick: (flush: () => void) => void): SocketWriter {
  let parts: Buffer[] = []
  let partBytes = 0

  function flush(): void {
    if (partBytes === 0) return
    const frames = parts
    const bytes = Buffer.allocUnsafe(partBytes + frames.length * 5)
    parts = []
    partBytes = 0
    let offset = 0
    for (let index = 0; index < frames.length; index += 2) {
      const head = frames[index] ?? noTail
      const tail = frames[index + 1] ?? noTail
      offset = writeHeader(bytes, offset, head.length + tail.length)
      bytes.set(head, offset)
      bytes.set(tail, offset + head.length)
      offset += head.length + tail.length
    }
    if (!tcp.destroyed && socket.readyState === WebSocket.OPEN) tcp.write(bytes.subarray(0, offset))
  }

  return {
    send(head, tail) {
      if (socket.readyState !== WebSocket.OPEN) return
      if (partBytes === 0) atEndOfTick(flush)
      parts.push(head, tail)
      partBytes += head.length + tail.length
    },
    close(code, reason) {
      flush()
      socket.close(code, reason)
    },
    bufferedBytes: () => tcp.writableLength + partBytes,
    drained() {
      flush()
      if (!tcp.writableNeedDrain || tcp.destroyed) return Promise.resolve()
      return new Promise((resolve) => {
        const done = () => {
          tcp.off('drain', done)
          tcp.off('close', done)
          resolve()
        }
        tcp.once('drain', done)
        tcp.once('close', done)
      })
    },
    abandon() {
      socket.close(1013, 'The client does not read')
      setTimeout(() => socket.terminate(), goodbyeMs).unref()
    },
  }
}

/** Writes the header of a text frame of so many bytes; returns the place after it. */
function writeHeader(bytes: Buffer, offset: number, length: number): number {
  bytes[offset] = wholeText
  if (length < 126) {
    bytes[offset + 1] = length
    return offset + 2
  }
  if (length < 65_536) {
    bytes[offset + 1] = 126
    return bytes.writeUInt16BE(length, offset + 2)
  }
  bytes[offset + 1] = 127
  return bytes.writeBigUInt64BE(BigInt(length), offset + 2)
}
