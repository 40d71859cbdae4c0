import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { connectionLimits } from '../config/http.ts'
import type { ConnectionBytes } from '../http/unsent-bytes.ts'

/**
 * UTF-8 bytes as a string with one character per byte (latin1).
 *
 * Node.js writes such a string without allocating a Buffer for every socket.
 */
export type Bytes = string & { readonly __bytes: true }

/** Bytes of the reason in a close frame, by the WebSocket protocol. */
const closeReasonBytesMax = 123

/** Encodes a text as bytes. */
export function bytesOf(text: string): Bytes {
  return Buffer.from(text).toString('latin1') as Bytes
}

/** Writes text frames to one socket. */
export interface SocketWriter {
  /**
   * Sends a frame for each tail: a head of this socket and a tail that many sockets share.
   *
   * All frames of one tick are written at once, in order. Sending to a closed socket does nothing.
   */
  send(head: Bytes, tails: readonly Bytes[]): void
  /** Sends one frame to this socket only. */
  sendText(text: string): void
  /** Answers a ping of the WebSocket protocol, which holds up to 125 bytes. */
  pong(payload: Buffer): void
  /** Closes the socket after the frames sent before. */
  close(code: number, reason: string): void
  /** Closes the socket and reads nothing more from it. */
  expel(code: number, reason: string): void
  /** Unsent bytes. */
  bufferedBytes(): number
  /** Resolves when everything is handed to the network, or the socket is closed. */
  drained(): Promise<void>
  /** Drops a client that takes nothing, with a code after which clients reconnect. */
  abandon(): void
}

/** An empty tail, for a frame of one socket. */
const noTail = [bytesOf('')]

/** The first byte of an unfragmented text frame. */
const wholeText = 0x81
const wholePong = 0x8a

/** There are thousands of writers: they share their functions, which use `this`. */
interface Writer extends SocketWriter {
  readonly socket: WebSocket
  readonly tcp: Socket
  readonly bytes: ConnectionBytes
  /** Frames to be written at the end of the tick. */
  waiting: string
  /** Shared by all streams of the socket that wait. Null while none does. */
  draining: Promise<void> | null
}

/**
 * Creates writers that all write at the end of the tick.
 *
 * They write frames themselves, bypassing `ws`, because a frame of a group needs one copy and one write, whereas `ws`
 * encodes the text for every socket. This is safe without compression: `ws` then writes each of its frames at once.
 */
export function createSocketWriters(): (socket: WebSocket, bytes: ConnectionBytes) => SocketWriter {
  let due: Writer[] = []
  let lastHead = bytesOf('')
  let lastTails: readonly Bytes[] = []
  let lastFrames = ''

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
    // so that unsent bytes are known at once
    if (writer.waiting.length > connectionLimits.heldBackBytesMax) flush(writer)
  }

  function send(this: Writer, head: Bytes, tails: readonly Bytes[]): void {
    if (this.socket.readyState !== WebSocket.OPEN) return
    // many clients use the same operation ids: then they get the same bytes
    if (tails === lastTails && head === lastHead) {
      put(this, lastFrames)
      return
    }
    let frames = ''
    for (const tail of tails) frames += headerOf(head.length + tail.length) + head + tail
    put(this, frames)
    if (frames.length > connectionLimits.heldBackBytesMax) return
    lastFrames = frames
    lastHead = head
    lastTails = tails
  }

  function sendText(this: Writer, text: string): void {
    if (text.length < connectionLimits.largeTextLength) this.send(bytesOf(text), noTail)
    else if (this.socket.readyState === WebSocket.OPEN) writeLarge(this, Buffer.from(text))
  }

  // not by ws: each of its pongs is a separate write, which holds a hundred times the bytes that it counts
  function pong(this: Writer, payload: Buffer): void {
    if (this.socket.readyState !== WebSocket.OPEN) return
    put(this, String.fromCharCode(wholePong, payload.byteLength) + payload.toString('latin1'))
  }

  return (socket, bytes): Writer => ({
    ...{ socket, tcp: bytes.socket, bytes, waiting: '', draining: null },
    ...{ send, sendText, pong, close, expel, bufferedBytes, drained, abandon },
  })
}

function flush(writer: Writer): void {
  const { waiting, tcp, socket, bytes } = writer
  writer.waiting = ''
  if (waiting === '' || tcp.destroyed || socket.readyState !== WebSocket.OPEN) return
  tcp.write(waiting, 'latin1')
  // bytes that the system accepts are taken at once
  if (tcp.writableLength > 0) bytes.note()
}

/** Writes a frame as a Buffer: strings of megabytes are copied once for their encoding, and again by the write. */
function writeLarge(writer: Writer, payload: Buffer): void {
  const { tcp, bytes } = writer
  flush(writer)
  tcp.cork()
  tcp.write(headerOf(payload.byteLength), 'latin1')
  tcp.write(payload)
  tcp.uncork()
  if (tcp.writableLength > 0) bytes.note()
}

function close(this: Writer, code: number, reason: string): void {
  flush(this)
  this.socket.close(code, shortReason(reason))
  // read until the close frame of the peer; ignore everything else
  this.socket.resume()
}

/** Cuts a reason to what a close frame can hold: it may quote an id of the client. */
function shortReason(reason: string): string {
  const bytes = Buffer.from(reason)
  if (bytes.byteLength <= closeReasonBytesMax) return reason
  // as in a stream, so that a character that is cut through is left out
  return new TextDecoder().decode(bytes.subarray(0, closeReasonBytesMax), { stream: true })
}

function expel(this: Writer, code: number, reason: string): void {
  const { socket } = this
  flush(this)
  socket.close(code, shortReason(reason))
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
  this.draining ??= new Promise((resolve) => {
    const done = () => {
      tcp.off('drain', done)
      tcp.off('close', done)
      this.draining = null
      resolve()
    }
    tcp.once('drain', done)
    tcp.once('close', done)
  })
  return this.draining
}

function abandon(this: Writer): void {
  const { socket } = this
  socket.close(1013, 'The client does not read')
  socket.resume()
  setTimeout(() => socket.terminate(), connectionLimits.goodbyeMs).unref()
}

/** The header of an unfragmented text frame with this many bytes (RFC 6455, section 5.2). */
function headerOf(length: number): string {
  if (length < 126) return String.fromCharCode(wholeText, length)
  if (length < 65_536) return String.fromCharCode(wholeText, 126, length >> 8, length & 0xff)
  const bytes = Buffer.alloc(10)
  bytes.writeUInt8(wholeText, 0)
  bytes.writeUInt8(127, 1)
  bytes.writeBigUInt64BE(BigInt(length), 2)
  return bytes.toString('latin1')
}
