import { parse, stringify } from 'uuid'
import type { Position } from './chain.ts'
import type { TopicState } from './topics.ts'

/** A position in a feed: everything up to and including `seq` was seen. */
export interface Cursor extends Position {
  readonly topicId: string
}

/** The cursor at the head of a topic. */
export const headOf = ({ topicId, head, chain }: TopicState): Cursor => ({ topicId, seq: head, chain })

/** A cursor from a client. `chain` is null in cursors of version 1, which always lead to a resync. */
export type GivenCursor = Omit<Cursor, 'chain'> & { readonly chain: string | null }

const version = 2
const byteLength = 1 + 16 + 6 + 8

/** The version without chains: topic, 4 bytes without a meaning now, number. */
const version1 = { version: 1, byteLength: 1 + 16 + 4 + 6 }

/** Encodes a cursor as opaque text for clients: 42 characters of base64url. */
export function encodeCursor({ topicId, seq, chain }: Cursor): string {
  const bytes = Buffer.alloc(byteLength)
  bytes.writeUInt8(version, 0)
  bytes.set(parse(topicId), 1)
  bytes.writeUIntBE(seq, 17, 6)
  bytes.write(chain, 23, 'hex')
  return bytes.toString('base64url')
}

/** Decodes a cursor of this version or the first; null when the text is neither. */
export function decodeCursor(text: string): GivenCursor | null {
  if (!/^[A-Za-z0-9_-]{36,42}$/.test(text)) return null
  const bytes = Buffer.from(text, 'base64url')
  // the last character has bits without a meaning, which no server sets
  if (bytes.toString('base64url') !== text) return null
  try {
    if (bytes.length === byteLength && bytes.readUInt8(0) === version) {
      return { topicId: stringify(bytes, 1), seq: bytes.readUIntBE(17, 6), chain: bytes.toString('hex', 23) }
    }
    if (bytes.length === version1.byteLength && bytes.readUInt8(0) === version1.version) {
      return { topicId: stringify(bytes, 1), seq: bytes.readUIntBE(21, 6), chain: null }
    }
  } catch {
    // the id is not a UUID
  }
  return null
}
