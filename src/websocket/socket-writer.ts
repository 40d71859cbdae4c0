import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { connectionLimits } from '../config/edge.ts'
import type { ConnectionBytes } from '../http/byte-account.ts'

/**
 * UTF-8 as a string of bytes, a character each.
 *
 * Node.js writes such a string straight from the stack, where a Buffer would have to be made for every socket.
 */
export type Bytes = string & { readonly __bytes: true }

/** Makes the bytes of a text. */
export function bytesOf(text: string): Bytes {
  return Buffer.from(text).toString('latin1') as Bytes
}

/** Writes text frames to one socket. */
export interface SocketWriter {
  /**
   * Sends one frame, made of a head of this socket and a tail that many sockets share.
   *
   * All frames of one tick leave in one write, in the order in which they were sent. Sending to a closed socket does
   * nothing.
   */
  send(head: Bytes, tail: Bytes): void
  /** Answers a ping of the WebSocket protocol, which holds up to 125 bytes. */
  pong(payload: Buffer): void
  /** Closes the socket after what was sent. */
  close(code: number, reason: string): void
  /** Closes the socket and reads nothing more of it: what it sends is more than it may. */
  expel(code: number, reason: string): void
  /** Bytes that the other end has not taken yet. */
  bufferedBytes(): number
  /** Resolves when all has been handed to the network, or the socket is gone. */
  drained(): Promise<void>
  /** Gives up on a reader that takes nothing, with a code on which clients come back. */
  abandon(): void
}

/** A frame without a tail. */
export const noTail = bytesOf('')

/** The first byte of a text frame that is whole. */
const wholeText = 0x81
const wholePong = 0x8a

/** There are thousands of writers: they share their functions, which find theirs by `this`. */
interface Writer extends SocketWriter {
  readonly socket: WebSocket
  readonly tcp: Socket
  readonly bytes: ConnectionBytes
  /** What leaves at the end of the tick. */
  waiting: string
}

/**
 * Makes writers that share the end of the tick, at which all of them write.
 *
 * They write frames themselves, past `ws`, because a frame of a group needs one copy and one write, where `ws` would encode
 * the text again for every socket. That is safe without compression: `ws` then writes each of its own frames at once.
 */
export function createSocketWriters(): (socket: WebSocket, bytes: ConnectionBytes) => SocketWriter {
  let due: Writer[] = []
  let lastHead = noTail
  let lastTail = noTail
  let lastFrame = ''

  function flushAll(): void {
    const writers = due
    due = []
    for (const writer of writers) flush(writer)
  }

  function put(writer: Writer, frame: string): void {
    if (writer.waiting === '') {
      if (due.length === 0) process.nextTick(flushAll)
      due.push(writer)
    }
    writer.waiting += frame
    // so that it is known at once what the reader does not take
    if (writer.waiting.length > connectionLimits.heldBackBytesMax) flush(writer)
  }

  function send(this: Writer, head: Bytes, tail: Bytes): void {
    if (this.socket.readyState !== WebSocket.OPEN) return
    // many clients give their operations the same ids: then the frame of one is that of the next
    if (tail !== lastTail || head !== lastHead) {
      lastFrame = headerOf(head.length + tail.length) + head + tail
      lastHead = head
      lastTail = tail
    }
    put(this, lastFrame)
  }

  // not by ws: its pongs are writes of their own, each of which holds a hundred times the bytes that it counts
  function pong(this: Writer, payload: Buffer): void {
    if (this.socket.readyState !== WebSocket.OPEN) return
    put(this, String.fromCharCode(wholePong, payload.byteLength) + payload.toString('latin1'))
  }

  return (socket, bytes): Writer => ({
    ...{ socket, tcp: bytes.socket, bytes, waiting: '' },
    ...{ send, pong, close, expel, bufferedBytes, drained, abandon },
  })
}

function flush(writer: Writer): void {
  const { waiting, tcp, socket, bytes } = writer
  writer.waiting = ''
  if (waiting === '' || tcp.destroyed || socket.readyState !== WebSocket.OPEN) return
  tcp.write(waiting, 'latin1')
  // what the system takes is taken at once
  if (tcp.writableLength > 0) bytes.note()
}

function close(this: Writer, code: number, reason: string): void {
  flush(this)
  this.socket.close(code, reason)
  // so that the goodbye of the other end is seen; whatever else it says is not heard
  this.socket.resume()
}

function expel(this: Writer, code: number, reason: string): void {
  const { socket } = this
  flush(this)
  socket.close(code, reason)
  socket.pause()
  setTimeout(() => socket.terminate(), connectionLimits.goodbyeMs).unref()
}

function bufferedBytes(this: Writer): number {
  return this.tcp.writableLength + this.waiting.length
}

function drained(this: Writer): Promise<void> {
  const { tcp } = this
  flush(this)
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
}

function abandon(this: Writer): void {
  const { socket } = this
  socket.close(1013, 'The client does not read')
  socket.resume()
  setTimeout(() => socket.terminate(), connectionLimits.goodbyeMs).unref()
}

/** The header of a whole text frame of so many bytes (RFC 6455, section 5.2). */
function headerOf(length: number): string {
  if (length < 126) return String.fromCharCode(wholeText, length)
  if (length < 65_536) return String.fromCharCode(wholeText, 126, length >> 8, length & 0xff)
  const bytes = Buffer.alloc(10)
  bytes.writeUInt8(wholeText, 0)
  bytes.writeUInt8(127, 1)
  bytes.writeBigUInt64BE(BigInt(length), 2)
  return bytes.toString('latin1')
}
