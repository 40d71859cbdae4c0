// Judges answers: data, and errors of the closed list, are all that an answer may be.

import { type ErrorCode, errorCodes } from '../../src/errors.ts'
import { opcodes } from '../wire.ts'

/** Codes that say that the server has failed, where nothing of it was taken away. */
const failures: ReadonlySet<string> = new Set<ErrorCode>(['INTERNAL', 'SERVICE_UNAVAILABLE'])

/** Says why a result of an execution is none that a client may get; null for all others. */
export function faultOfResult(result: unknown): string | null {
  if (typeof result !== 'object' || result === null) return `no result: ${JSON.stringify(result)}`
  const errors: unknown = 'errors' in result ? result.errors : Array.isArray(result) ? result : []
  if (!Array.isArray(errors)) return `no list of errors: ${JSON.stringify(result)}`
  for (const error of errors) {
    // whatever it is, it is printed
    const { extensions, message } = error as { extensions?: { code?: unknown }; message?: unknown }
    const code = String(extensions?.code)
    if (failures.has(code) || !Object.hasOwn(errorCodes, code)) return `an error ${code}: ${String(message)}`
  }
  return null
}

const messagesOfServers = new Set(['connection_ack', 'next', 'error', 'complete', 'ping', 'pong'])

/** Codes with which a server may close a socket on which anything was said. */
const closeCodes = new Set([1000, 1001, 1002, 1003, 1005, 1007, 1009, 1012, 1013])

/** Reads what a server says on a WebSocket, and judges it. */
export interface FrameJudge {
  take(bytes: Buffer): void
  /** The first fault that was found; null when there was none. */
  fault(): string | null
  /** Messages of graphql-transport-ws that came, by their type. */
  count(type: string): number
}

/** Makes a judge of the frames of one socket. */
export function createFrameJudge(): FrameJudge {
  let rest: Buffer = Buffer.alloc(0)
  let fault: string | null = null
  const counts = new Map<string, number>()

  function takeFrame(first: number, payload: Buffer): void {
    if (first === (0x80 | opcodes.text)) takeMessage(payload.toString())
    else if (first === (0x80 | opcodes.close)) {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
      // those of clients are repeated, and those from 4400 on are of graphql-transport-ws
      if (!closeCodes.has(code) && (code < 3000 || code > 4999)) fault ??= `closed with ${code}`
    } else if (first !== (0x80 | opcodes.pong) && first !== (0x80 | opcodes.ping)) {
      fault ??= `a frame that begins with ${first.toString(16)}`
    }
  }

  function takeMessage(text: string): void {
    let message: { type?: unknown; payload?: unknown }
    try {
      message = JSON.parse(text) as typeof message
    } catch {
      fault ??= `a frame that is not JSON: ${text.slice(0, 200)}`
      return
    }
    const type = String(message.type)
    counts.set(type, (counts.get(type) ?? 0) + 1)
    if (!messagesOfServers.has(type)) fault ??= `a message of type ${type}`
    if (type === 'next' || type === 'error') fault ??= faultOfResult(message.payload)
  }

  return {
    take(bytes) {
      rest = Buffer.concat([rest, bytes])
      for (let head = headOf(rest); head && rest.length >= head.end; head = headOf(rest)) {
        takeFrame(rest[0] ?? 0, rest.subarray(head.begin, head.end))
        rest = rest.subarray(head.end)
      }
    },
    fault: () => fault,
    count: (type) => counts.get(type) ?? 0,
  }
}

/** Where the payload of the first frame is; null while its length has not come. */
function headOf(bytes: Buffer): { begin: number; end: number } | null {
  if (bytes.length < 2) return null
  const length = (bytes[1] ?? 0) & 0x7f
  if (length < 126) return { begin: 2, end: 2 + length }
  const begin = length === 126 ? 4 : 10
  if (bytes.length < begin) return null
  return { begin, end: begin + (length === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))) }
}
