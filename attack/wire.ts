// Connections that an attacker has in hand byte by byte: they may stop reading, and say what no client says.

import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/** The kinds of WebSocket frames that are used here (RFC 6455, section 11.8). */
export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A TCP connection whose end is known. */
export interface Wire {
  readonly socket: Socket
  /** Writes, and resolves when more may be written, or the connection is gone. */
  write(bytes: Uint8Array | string): Promise<void>
  /** Stops reading, or goes on. */
  deafen(): void
  listen(): void
  /** Calls back with every chunk of bytes. */
  onBytes: ((bytes: Buffer) => void) | null
  /** Resolves with how it ended, such as `1013` of a WebSocket, `status 408`, `reset` or `ended`. */
  readonly ended: Promise<string>
  isOpen(): boolean
  destroy(): void
}

/** Where to connect, and from which address of the loopback network. */
export interface WireOptions {
  readonly url: string
  readonly address: string
}

/** Opens a connection. The last bytes that came tell how it ended. */
export function openWire({ url, address }: WireOptions): Wire {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), localAddress: address, noDelay: true })
  let isOpen = true
  let failure: string | null = null
  let tail: Buffer = Buffer.alloc(0)
  const wire: Wire = {
    socket,
    onBytes: null,
    deafen: () => socket.pause(),
    listen: () => socket.resume(),
    isOpen: () => isOpen,
    destroy: () => socket.destroy(),
    write: (bytes) =>
      new Promise((resolve) => {
        if (!isOpen || socket.write(bytes)) resolve()
        else {
          const done = () => {
            socket.off('drain', done).off('close', done)
            resolve()
          }
          socket.once('drain', done).once('close', done)
        }
      }),
    ended: new Promise((resolve) => {
      socket.once('close', () => {
        isOpen = false
        resolve(closeCodeOf(tail) ?? failure ?? 'ended')
      })
    }),
  }
  socket.on('error', (error: NodeJS.ErrnoException) => {
    failure = error.code === 'ECONNREFUSED' ? 'refused' : 'reset'
  })
  socket.on('data', (bytes: Buffer) => {
    tail = bytes.length >= 128 ? bytes.subarray(-128) : Buffer.concat([tail, bytes]).subarray(-128)
    wire.onBytes?.(bytes)
  })
  socket.on('end', () => socket.end())
  return wire
}

/** Finds a close frame of a server at the end of what came. */
function closeCodeOf(tail: Buffer): string | null {
  for (let at = tail.length - 4; at >= 0; at--) {
    const length = tail[at + 1] ?? 0
    if (tail[at] === 0x88 && length >= 2 && length < 126 && at + 2 + length === tail.length) {
      return String(tail.readUInt16BE(at + 2))
    }
  }
  return null
}

/** Opens a WebSocket, and resolves when the server has said 101; with null when it says something else. */
export async function openSocketWire(options: WireOptions): Promise<Wire | null> {
  const wire = openWire(options)
  const { host } = new URL(options.url)
  const lines = [
    ...['GET /graphql HTTP/1.1', `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket'],
    ...['Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`],
    'Sec-WebSocket-Protocol: graphql-transport-ws',
  ]
  const status = new Promise<string>((resolve) => {
    wire.onBytes = (bytes) => resolve(bytes.toString('latin1', 0, 12))
  })
  await wire.write(`${lines.join('\r\n')}\r\n\r\n`)
  const first = await Promise.race([status, wire.ended])
  wire.onBytes = null
  if (first === 'HTTP/1.1 101') return wire
  wire.destroy()
  return null
}

/** The fields of a frame's header. */
export interface FrameHead {
  readonly opcode: number
  readonly isFinal?: boolean
  readonly isMasked?: boolean
  /** Its three reserved bits. */
  readonly reserved?: number
  /** The length that the header announces; by default that of the payload. */
  readonly length?: number
}

/** Makes a frame of a client, right or wrong. The mask is zero: a server must undo it all the same. */
export function frame(
  payload: Uint8Array | string,
  { opcode, isFinal = true, isMasked = true, reserved = 0, length: announced }: FrameHead,
): Buffer {
  const body = Buffer.from(payload)
  const length = announced ?? body.byteLength
  const first = (isFinal ? 0x80 : 0) | (reserved << 4) | opcode
  const mask = isMasked ? 0x80 : 0
  const head =
    length < 126
      ? Buffer.from([first, mask | length])
      : length < 65_536
        ? Buffer.from([first, mask | 126, length >> 8, length & 0xff])
        : Buffer.concat([Buffer.from([first, mask | 127]), lengthOf64(length)])
  return Buffer.concat(isMasked ? [head, Buffer.alloc(4), body] : [head, body])
}

function lengthOf64(length: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(length))
  return bytes
}

/** Makes a text frame of a message of graphql-transport-ws. */
export function say(message: unknown): Buffer {
  return frame(typeof message === 'string' ? message : JSON.stringify(message), { opcode: opcodes.text })
}
