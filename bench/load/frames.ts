// WebSocket frames (RFC 6455), as cheaply as a load generator needs them: what comes in is walked and not decoded.

import { randomBytes } from 'node:crypto'

/** Gets the frames that a server sent. */
export interface FrameHandler {
  /** The payload is only valid during the call. */
  onText(payload: Buffer): void
  onPing(payload: Buffer): void
  onClose(): void
}

const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const
// all zero: then masking changes nothing, and the server has to unmask all the same
const mask = Buffer.alloc(4)

/** Makes a reader of a server's frames, which come unmasked and whole. */
export function createFrameReader({ onText, onPing, onClose }: FrameHandler): (chunk: Buffer) => void {
  let rest: Buffer | null = null

  return (chunk) => {
    const data = rest ? Buffer.concat([rest, chunk]) : chunk
    let at = 0
    while (data.length - at >= 2) {
      const short = (data[at + 1] ?? 0) & 0x7f
      const headerLength = short < 126 ? 2 : short === 126 ? 4 : 10
      if (data.length - at < headerLength) break
      const length = short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : data.readUInt32BE(at + 6)
      const end = at + headerLength + length
      if (data.length < end) break
      const opcode = (data[at] ?? 0) & 0x0f
      const payload = data.subarray(at + headerLength, end)
      if (opcode === opcodes.text) onText(payload)
      else if (opcode === opcodes.ping) onPing(payload)
      else if (opcode === opcodes.close) onClose()
      at = end
    }
    rest = at < data.length ? data.subarray(at) : null
  }
}

/** Makes a client's text frame. */
export function textFrame(text: string): Buffer {
  return frame(opcodes.text, Buffer.from(text))
}

/** Makes the answer to a ping. */
export function pongFrame(payload: Buffer): Buffer {
  return frame(opcodes.pong, payload)
}

/** A key for the handshake. */
export function handshakeKey(): string {
  return randomBytes(16).toString('base64')
}

function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  header[0] = 0x80 | opcode
  header[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (header.length === 4) header.writeUInt16BE(length, 2)
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, mask, payload])
}
