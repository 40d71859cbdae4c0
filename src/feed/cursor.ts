import { parse, stringify } from 'uuid'

/** A position in a feed: everything up to and including `seq` was seen. */
export interface Cursor {
  readonly topicId: string
  /** Distinguishes the feed from one with the same id in another database. */
  readonly epoch: number
  readonly seq: number
}

const version = 1
const byteLength = 1 + 16 + 4 + 6

/** Encodes a cursor as opaque text for clients: 36 characters of base64url. */
export function encodeCursor({ topicId, epoch, seq }: Cursor): string {
  const bytes = Buffer.allocUnsafe(byteLength)
  bytes.writeUInt8(version, 0)
  bytes.set(parse(topicId), 1)
  bytes.writeUInt32BE(epoch, 17)
  bytes.writeUIntBE(seq, 21, 6)
  return bytes.toString('base64url')
}

/** Decodes a cursor; null when the text is not one. */
export function decodeCursor(text: string): Cursor | null {
  if (!/^[A-Za-z0-9_-]{36}$/.test(text)) return null
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== byteLength || bytes.readUInt8(0) !== version) return null
  try {
    return { topicId: stringify(bytes, 1), epoch: bytes.readUInt32BE(17), seq: bytes.readUIntBE(21, 6) }
  } catch {
    return null
  }
}
